"""Forms, isometries and configs that the tests share."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from geoframe_cgenn.algebra.outermorphism import apply_blocks, compound_matrices
from geoframe_spaces.forms import drawn_isometry

FORMS = {
    "euclidean": (1.0, 1.0, 1.0),
    "lorentz": (1.0, -1.0, -1.0, -1.0),
    "any": (2.0, -0.5, 0.7),
    "degenerate": (1.0, 1.0, 0.0),
    "plane": (1.0, 1.0),
    "five": (1.0, 1.0, 1.0, -1.0, 1.0),
}


def isometry(matrix: Tensor, *, seed: int = 0) -> Tensor:
    """A random S with S^T M S = M and condition 10 at most, always the same."""
    return drawn_isometry(matrix.double(), torch.Generator().manual_seed(seed))


def moved(s: Tensor, x: Tensor) -> Tensor:
    """Apply the outermorphism of ``s`` to features ``(D, b, c)``."""
    return apply_blocks(compound_matrices(s.to(x)), x.movedim(0, -1)).movedim(-1, 0)


def relative_error(x: Tensor, y: Tensor) -> float:
    x, y = x.detach(), y.detach()
    return float((x - y).abs().max() / y.abs().max().clamp_min(1e-12))


SMALL = {"channels": 3, "layers": 1, "hidden": 8, "replicas": 2}
COLUMNS: dict[str, Any] = {
    "points": [["x", "y", "z"]],
    "vectors": [["vx", "vy", "vz"]],
    "scalars": ["charge"],
    "group": "system",
    "split": "part",
}
TASKS: dict[str, dict[str, Any]] = {
    "number": {"target": ["energy"]},
    "class": {"target": ["kind"]},
    "point": {"target": ["to_x", "to_y", "to_z"], "target_kind": "point"},
    "vector": {"target": ["vx", "vy", "vz"]},
}


def settings(folder: Path, task: str = "number", **tables: dict[str, Any]) -> dict[str, Any]:
    data = {"path": str(folder / "particles.csv"), **COLUMNS, **TASKS[task]}
    return {
        "data": {**data, **tables.pop("data", {})},
        "cgenn": {**SMALL, **tables.pop("cgenn", {})},
        "trainer": {"steps": 4, "batch_size": 4, **tables.pop("trainer", {})},
        **tables,
    }
