"""What a method may leave to its base class."""

from pathlib import Path

import pandas as pd
import pytest

from geoframe import Method, Result, RunError


class Silent(Method):
    """A method whose trained object answers nothing."""

    def run(self, config, run):
        return Result(metrics={})

    def load(self, run):
        return object()


class Predictor(Silent):
    """A method that is applied by itself, not by what it trained."""

    def apply(self, run, data):
        return pd.DataFrame({"length": [len(data.name)]}, index=pd.Index(["a"], name="item"))


def test_embed_is_what_apply_gives():
    arrays = Predictor().embed(None, Path("new.tsv"))
    assert {name: list(each) for name, each in arrays.items()} == {"item": ["a"], "length": [7]}


@pytest.mark.parametrize("verb", ["apply", "embed"])
def test_what_cannot_be_applied_says_so(verb):
    with pytest.raises(RunError, match="Silent cannot be applied to new data"):
        getattr(Silent(), verb)(None, Path("new.tsv"))
