from pathlib import Path

import pytest

from geoframe.config import load_toml
from geoframe_registry import runs

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_run_as_they_are(path: Path, tmp_path: Path) -> None:
    run = runs.finish(runs.prepare("snowflake", load_toml(path), tmp_path / "run"))
    metrics = run.results["metrics"]
    assert metrics["target_variance"] > 0
    if "exact_error" in metrics:
        assert metrics["exact_error"] <= 1e-9
    assert len(run.load().nearest(run.load().names[0], 1)) == 1
