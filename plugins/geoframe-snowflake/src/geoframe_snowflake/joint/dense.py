"""The loss of a joint fit over all pairs. Torch-free."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geoframe_embedding.distances import Floats
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
        loss = by_exponent = by_jump = 0.0
        squares = np.einsum("ij,ij->i", points, points)
        e, q = np.float32(offset), np.float32(exponent)
        base = np.float32(offset**exponent)
        slope = float(base) * np.log(offset)
        for rows, wanted, weight in self.blocks:
            x, y = points[rows], points[rows.start :]
            r = squares[rows, None] + squares[rows.start :] - 2.0 * (x @ y.T)
            np.maximum(r, np.float32(1e-12), out=r)
            np.sqrt(r, out=r)
            shifted = r + e
            logs = np.log(shifted)
            power = np.exp(q * logs)
            error = power - base
            error += np.float32(jump)
            error -= wanted
            pull = weight * error
            loss += float(np.vdot(pull, error))
            by_jump += float(pull.sum(dtype=np.float64))
            power *= pull
            by_exponent += float(np.vdot(power, logs)) - slope * float(pull.sum(dtype=np.float64))
            r *= shifted
            power /= r  # w (f - D) (r + e)^(q - 1) / r
            gradient[rows] += power.sum(axis=1)[:, None] * x - power @ y
            gradient[rows.start :] += power.sum(axis=0)[:, None] * y - power.T @ x
        factor = 2.0 / self.total
        return (
            loss / self.total,
            factor * exponent * gradient,
            factor * by_exponent,
            factor * by_jump,
        )
