"""The examples run as they are; only the number of steps is lowered."""

from pathlib import Path

import pytest

from geoframe.config import apply_overrides, load_toml
from geoframe.run.directory import Run
from geoframe_registry import runs

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.toml"))


def test_there_are_examples() -> None:
    assert {path.stem for path in EXAMPLES} >= {"quickstart", "edges"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "write_figure", lambda *_: None)
    table = apply_overrides(load_toml(path), [("trainer.steps", 3)])
    run = runs.finish(runs.prepare("nst", table, tmp_path / "run"))
    metrics = run.results["metrics"]
    assert metrics["closure_recall"] == 1
    assert metrics["false_causality"] == 0
    assert run.manifest["data"]["edges"] > 100
