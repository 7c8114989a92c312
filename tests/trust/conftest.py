"""Verbs called in this process, as the tests of the command have them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result


@pytest.fixture
def geoframe(local_site, monkeypatch) -> Callable[..., Result]:
    """Return a function that calls ``geoframe`` with arguments; the toy method is installed."""
    from geoframe_cli import main

    for name in ("RANK", "GEOFRAME_DEBUG", "GEOFRAME_STRICT"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(each) for each in arguments], prog_name="geoframe")

    return call
