"""The examples run as they are; only the sizes of the trainings are lowered."""

from pathlib import Path

import pytest

from geoframe.config import apply_overrides, load_toml
from geoframe.run.directory import Run
from geoframe_registry import runs

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "write_figure", lambda *_: None)
    changes = [("trainer.steps", 3), ("cgenn.replicas", 1), ("cgenn.compare", False)]
    run = runs.finish(
        runs.prepare("cgenn", apply_overrides(load_toml(path), changes), tmp_path / "r")
    )
    assert run.results["metrics"]["equivariance_error"] < 1e-10
    assert all(file.stat().st_size for file in run.load().export(tmp_path))


def test_there_are_examples() -> None:
    assert {path.stem for path in EXAMPLES} >= {"quickstart", "particles"}
