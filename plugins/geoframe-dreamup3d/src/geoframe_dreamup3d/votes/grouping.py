"""From votes to objects: peaks of their density. Torch-free."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RADIUS = 0.04
"""Votes within this distance of a peak belong to it, metres."""
BANDWIDTH = 0.012
"""Standard deviation of the kernel that density is measured with, metres."""
LEAST = 8
"""Votes of the smallest object."""
MOST = 4000
"""Votes whose density is computed; of more, every second, third, ... one is taken."""


def group(
    votes: NDArray[np.floating],
    *,
    radius: float = RADIUS,
    bandwidth: float = BANDWIDTH,
    least: int = LEAST,
) -> NDArray[np.int64]:
    """Number the object of each vote ``(n, 3)``: 0, 1, ...; -1 if there are none.

    The vote where most others are near starts an object; those within ``radius`` of the mean of
    its neighbours are taken away, and so on while enough are left. In the end every vote goes to
    the nearest object's mean vote. Nothing is drawn at random.
    """
    result = np.full(len(votes), -1, dtype=np.int64)
    chosen = np.asarray(votes, dtype=np.float32)[:: max(1, -(-len(votes) // MOST))]
    if len(chosen) < least:
        return result
    squares = _squares(chosen, chosen)
    kernel = np.exp(squares / (-2 * bandwidth**2))
    density = kernel.sum(1)
    free = np.ones(len(chosen), dtype=bool)
    means = []
    while free.sum() >= least:
        peak = int(np.where(free, density, -1).argmax())
        near = free & (squares[peak] < radius**2)
        mean = chosen[near].mean(0)
        near |= free & (((chosen - mean) ** 2).sum(1) < radius**2)
        if near.sum() >= least:
            means.append(chosen[near].mean(0))
        density -= kernel[:, near].sum(1)
        free &= ~near
    if means:
        result[:] = _squares(np.asarray(votes, dtype=np.float32), np.stack(means)).argmin(1)
    return result


def _squares(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared distances ``(n, m)``."""
    cross = a @ b.T
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2 * cross
    return np.asarray(np.maximum(squares, 0))
