"""The finished plugins of the docs do what their pages say, beyond what the pages run."""

from __future__ import annotations

import importlib.util
import json

import pytest

from geoframe import DataError
from geoframe_registry import runs
from geoframe_registry.hooks import new_manager


@pytest.fixture
def logbook(docs, tmp_path, monkeypatch):
    """Return the logbook plugin, writing into a file of this test, and that file."""
    source = docs / "how-to/geoframe-logbook/src/geoframe_logbook/__init__.py"
    spec = importlib.util.spec_from_file_location("geoframe_logbook", source)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("GEOFRAME_LOGBOOK", str(tmp_path / "logs" / "book.jsonl"))
    return module, tmp_path / "logs" / "book.jsonl"


def test_the_logbook_notes_runs_that_fail(logbook, tmp_path, clean_environment, monkeypatch):
    module, book = logbook
    monkeypatch.setenv("GEOFRAME_LOGBOOK", str(book))
    for seed in (3, 4):
        config = {"seed": seed, "data": {"path": str(tmp_path / "nowhere.csv")}}
        prepared = runs.prepare("nst", config, tmp_path / f"run{seed}", plugins=[module])
        with pytest.raises(DataError):
            runs.finish(prepared)
    first, second = (json.loads(line) for line in book.read_text().splitlines())
    assert first["run"] == str(tmp_path / "run3")
    assert first["ended"].startswith("DataError: ")
    assert (first["seed"], second["seed"]) == (3, 4)


def test_the_logbook_implements_hooks_that_exist(logbook):
    manager = new_manager()
    manager.register(logbook[0])
    manager.check_pending()


def test_a_geometry_is_short(docs):
    folder = docs / "tutorial/geoframe-taxicab"
    geometry = (folder / "src/geoframe_taxicab/geometry.py").read_text().splitlines()
    test = (folder / "tests/test_taxicab.py").read_text()
    assert len(geometry) <= 40
    suite = test.partition("class ")[2].partition("\n\n")[0]
    assert len(suite.splitlines()) == 3
