import os
from pathlib import Path

import pytest

from geoframe.config import apply_overrides, load_toml
from geoframe_registry import runs

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.toml"))


def test_there_are_examples():
    assert {path.stem for path in EXAMPLES} >= {"quickstart", "classical", "ycb", "reconstruction"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_runs(path, tmp_path):
    table = load_toml(path)
    stored = "rgbd-tabletop" in path.read_text()
    if stored and not os.environ.get("GEOFRAME_DATA"):
        pytest.skip("GEOFRAME_DATA is not set")
    few = [
        ("trainer.steps", 2),
        ("trainer.batch_size", 2),
        ("data.dataset.scenes", 12),
        ("evaluation.scenes", 4),
        ("evaluation.shapes", 2),
        ("evaluation.pictures", 0),
    ]
    run = runs.finish(runs.prepare("dreamup3d", apply_overrides(table, few), tmp_path / "run"))
    assert run.results["metrics"]["dbscan_ari_fg"] > 0.3
