"""The loss of a joint fit over all pairs. Torch-free."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geoframe_embedding.distances import Floats
from geoframe_snowflake.joint.residuals import Residuals
from geoframe_snowflake.joint.search import Singles

Focus = Literal["distances", "neighbors"]

ROWS = 256
"""Rows of the matrix of distances that are looked at together, so that they stay in the cache."""
NEAREST = 0.05
"""Share of the median distance below which pairs weigh no more, with the focus on neighbours."""


class AllPairs:
    """The loss and its gradient, over blocks of pairs i < j in single precision."""

    def __init__(self, distances: Floats, known: NDArray[np.bool_], focus: Focus) -> None:
        self.n = len(distances)
        weights = np.triu(known, k=1).astype(np.float32)
        if focus == "neighbors":
            weights /= np.maximum(distances, NEAREST)
        self.blocks: list[tuple[slice, Singles, Singles]] = []
        self.total, self.count = 0.0, 0
        for start in range(0, self.n, ROWS):
            rows = slice(start, min(start + ROWS, self.n))
            wanted = np.ascontiguousarray(distances[rows, start:], dtype=np.float32)
            weight = np.ascontiguousarray(weights[rows, start:], dtype=np.float32)
            self.total += float((weight * wanted**2).sum(dtype=np.float64))
            self.count += int(np.count_nonzero(weight))
            self.blocks.append((rows, wanted, weight))

    def value(
        self, points: Singles, exponent: float, offset: float, jump: float
    ) -> tuple[float, Floats, float, float]:
        """The loss, and its derivatives by points ``(n, dim)``, exponent and jump."""
        gradient = np.zeros(points.shape)
        residuals = Residuals(exponent, offset, jump)
        squares = np.einsum("ij,ij->i", points, points)
        for rows, wanted, weight in self.blocks:
            x, y = points[rows], points[rows.start :]
            r = squares[rows, None] + squares[rows.start :] - 2.0 * (x @ y.T)
            np.maximum(r, np.float32(1e-12), out=r)
            np.sqrt(r, out=r)
            pulls = residuals.add(r, wanted, weight)
            gradient[rows] += pulls.sum(axis=1)[:, None] * x - pulls @ y
            gradient[rows.start :] += pulls.sum(axis=0)[:, None] * y - pulls.T @ x
        return residuals.value(gradient, self.total)
