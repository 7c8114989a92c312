"""Exact nearest prototypes in float64, with ties to the lowest index."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Ids = NDArray[np.int64]

BUDGET = 64 * 2**20
"""Bytes of scores held at once."""
SPARE = 2
"""Candidates beyond the wanted ones whose distance is computed directly."""
TOLERANCE = 1e-12
"""Relative error that the expanded square of a distance may have."""


class NearestPrototypes:
    """Finds nearest prototypes by matrix products, and settles near ties by direct distances.

    The expansion |x - p|^2 = |x|^2 - 2xp + |p|^2 errs in its last bits, and how depends on the
    batch and the machine. Every prototype within that error is therefore compared again by its
    direct distance, equal ones by index, so that all machines agree.

    Parameters
    ----------
    prototypes
        ``(l, k)``.
    """

    def __init__(self, prototypes: Points) -> None:
        self.prototypes = np.ascontiguousarray(prototypes, dtype=np.float64)
        self._centre = self.prototypes.mean(axis=0)
        self._centred = self.prototypes - self._centre
        self._half_norms = 0.5 * (self._centred**2).sum(axis=1)
        self._scale = float(self._half_norms.max(initial=0.0))

    def find(self, points: Points, count: int) -> tuple[Ids, Points]:
        """Return the ``count`` nearest prototypes of points ``(n, k)``, nearest first.

        Returns
        -------
        tuple
            Indices ``(n, count)`` and distances ``(n, count)``.
        """
        ids = np.empty((len(points), count), dtype=np.int64)
        distances = np.empty((len(points), count))
        rows = max(1, BUDGET // (8 * len(self.prototypes)))
        for part in _slices(len(points), rows):
            ids[part], distances[part] = self._find(points[part], count)
        return ids, distances

    def find_one(self, point: Points) -> int:
        """Return the nearest prototype of one point ``(k,)``; the quick path of a query."""
        offset = point - self._centre
        scores = self._half_norms - self._centred @ offset
        best = int(scores.argmin())
        slack = TOLERANCE * (self._scale + float(offset @ offset))
        if np.count_nonzero(scores <= scores[best] + slack) == 1:
            return best
        return int(self._find(point[None], 1)[0][0, 0])

    def _find(self, points: Points, count: int) -> tuple[Ids, Points]:
        total = len(self.prototypes)
        offsets = points - self._centre
        scores = self._half_norms - offsets @ self._centred.T
        kept = min(total, count + SPARE)
        if kept == total:
            candidates = np.broadcast_to(np.arange(total), scores.shape)
        else:
            candidates = np.argpartition(scores, kept - 1, axis=1)[:, :kept]
        ids, distances = rank(points, self.prototypes, candidates, count)
        if kept < total:
            best = np.partition(scores, count - 1, axis=1)[:, count - 1]
            slack = TOLERANCE * (self._scale + (offsets**2).sum(axis=1))
            crowded = np.flatnonzero((scores <= (best + slack)[:, None]).sum(axis=1) > kept)
            for row in crowded:  # more ties than candidates, as on a grid
                every = np.arange(total)[None]
                one = slice(row, row + 1)
                ids[one], distances[one] = rank(points[one], self.prototypes, every, count)
        return ids, distances


def rank(points: Points, prototypes: Points, candidates: Ids, count: int) -> tuple[Ids, Points]:
    """Order candidates ``(n, c)`` of each point by direct distance, then index; keep ``count``."""
    candidates = np.sort(candidates, axis=1)
    gaps = points[:, None, :] - prototypes[candidates]
    distances = np.sqrt((gaps**2).sum(axis=-1))
    order = np.argsort(distances, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(candidates, order, 1), np.take_along_axis(distances, order, 1)


def _slices(total: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, total, size))
