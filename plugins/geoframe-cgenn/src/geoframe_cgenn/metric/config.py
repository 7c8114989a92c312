"""Options of the geometry. Torch-free."""

from __future__ import annotations

from typing import ClassVar

import attrs

from geoframe.config import option


@attrs.frozen(kw_only=True)
class QuadraticFormConfig:
    """Flat space whose squared lengths are x^T M x, with any symmetric matrix M, learned or not."""

    component: ClassVar[str] = "geoframe_cgenn.metric.geometry:QuadraticForm"

    dim: int = option(3, ge=1, help="Number of coordinates.")
    matrix: tuple[tuple[float, ...], ...] = option(
        (), help="M, row by row, at the start if it is learned; left out, it is the identity."
    )
    learnable: bool = option(
        False, help="Whether M is trained; its signature stays that of the start."
    )

    def __attrs_post_init__(self) -> None:
        for row in self.matrix:
            if len(row) != len(self.matrix):
                raise ValueError(
                    f"matrix: {len(self.matrix)} rows need {len(self.matrix)} numbers each, and "
                    f"one has {len(row)}"
                )
        if self.matrix != tuple(zip(*self.matrix, strict=True)):
            raise ValueError("matrix: must be symmetric")
        if self.matrix and len(self.matrix) != self.dim:
            raise ValueError(f"matrix: has {len(self.matrix)} rows, and dim is {self.dim}")
