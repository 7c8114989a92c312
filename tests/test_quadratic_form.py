"""The quadratic form of ``cgenn`` is a geometry like any other: other methods learn it by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from geoframe import ConfigError, run_method
from geoframe.run.directory import Run

WINES = Path(__file__).parents[1] / "plugins" / "geoframe-lgi" / "examples" / "wines.csv"
MATRIX = [[2.0, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 0.7]]
LEARNED = {"name": "quadratic-form", "dim": 3, "matrix": MATRIX, "learnable": True}
EDGES = [("a", "b", 1.0), ("b", "c", 2.0), ("a", "d", 1.5), ("d", "e", 0.5), ("e", "c", 2.0)]
METHODS: dict[str, dict[str, Any]] = {
    "snowflake": {
        "data": {"dataset": {"name": "metric-graph", "graph": "binary-tree", "size": 3}},
        "compare": [],
    },
    "nst": {"data": {"path": "edges.csv"}},
    "lgi": {
        "data": {"path": str(WINES), "id": "sample", "target": "cultivar"},
        "evaluation": {"peers": ["mlp"]},
        "graph": {"passes": 2},
    },
}


@pytest.fixture(autouse=True)
def table_of_edges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["source,target,weight", *(f"{a},{b},{length}" for a, b, length in EDGES)]
    (tmp_path / "edges.csv").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Run, "write_figure", lambda *_: None)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_learns_the_form(method: str, tmp_path: Path) -> None:
    config = {**METHODS[method], "geometry": LEARNED, "trainer": {"steps": 10}}
    run = run_method(method, config, path=tmp_path / "run")
    kept = run.read_tensors("model")
    (frame,) = (value for name, value in kept.items() if name.endswith(".frame"))
    found = frame.T @ frame
    assert torch.linalg.eigvalsh(found).min() > 0
    assert (found - torch.tensor(MATRIX)).norm() > 1e-3
    assert not run.load().to_frame().empty


def test_where_distances_must_be_distances_the_form_must_be_definite(tmp_path: Path) -> None:
    form = {"name": "quadratic-form", "dim": 2, "matrix": [[1.0, 0.0], [0.0, -1.0]]}
    with pytest.raises(ConfigError, match="'quadratic-form' has negative distances") as caught:
        run_method("snowflake", {**METHODS["snowflake"], "geometry": form}, path=tmp_path / "run")
    assert "\n" not in str(caught.value)
