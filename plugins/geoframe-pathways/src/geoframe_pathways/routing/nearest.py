"""Exact nearest prototypes in float64, with ties to the lowest index."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Ids = NDArray[np.int64]

BUDGET = 2**20
"""Bytes of scores computed at once: what stays in a core's cache while it is searched."""
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
        centred = self.prototypes - self._centre
        half_norms = 0.5 * (centred**2).sum(axis=1, keepdims=True)
        self._scale = float(half_norms.max(initial=0.0))
        # (offset, 1) times this is |p|^2 / 2 - offset p: ordered as the distances are.
        self._scoring = np.ascontiguousarray(np.hstack([-centred, half_norms]).T)

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
        extended = np.ones(len(point) + 1)
        offset = np.subtract(point, self._centre, out=extended[:-1])
        scores = extended @ self._scoring
        best = int(scores.argmin())
        limit = scores[best] + TOLERANCE * (self._scale + float(offset @ offset))
        if np.count_nonzero(scores <= limit) == 1:
            return best
        return int(self._among(point, scores, limit, 1)[0][0])

    def _find(self, points: Points, count: int) -> tuple[Ids, Points]:
        extended = np.ones((len(points), points.shape[1] + 1))
        offsets = np.subtract(points, self._centre, out=extended[:, :-1])
        scores = extended @ self._scoring
        everyone = np.arange(len(points))
        ids = np.empty((len(points), count), dtype=np.int64)
        taken = np.empty((len(points), count))
        for place in range(count):  # a few passes for a minimum are faster than a partition
            ids[:, place] = scores.argmin(axis=1)
            taken[:, place] = scores[everyone, ids[:, place]]
            scores[everyone, ids[:, place]] = np.inf
        limit = taken[:, -1] + TOLERANCE * (self._scale + (offsets**2).sum(axis=1))
        tied = np.flatnonzero(scores.min(axis=1) <= limit)
        ids, distances = rank(points, self.prototypes, ids, count)
        for row in tied:
            scores[row, ids[row]] = -np.inf  # what was taken competes again
            ids[row], distances[row] = self._among(points[row], scores[row], limit[row], count)
        return ids, distances

    def _among(
        self, point: Points, scores: Points, limit: np.floating, count: int
    ) -> tuple[Ids, Points]:
        """Choose among the prototypes whose score is at most ``limit`` by direct distances."""
        candidates = np.flatnonzero(scores <= limit)[None]
        ids, distances = rank(point[None], self.prototypes, candidates, count)
        return ids[0], distances[0]


def rank(points: Points, prototypes: Points, candidates: Ids, count: int) -> tuple[Ids, Points]:
    """Order candidates ``(n, c)`` of each point by direct distance, then index; keep ``count``."""
    candidates = np.sort(candidates, axis=1)
    gaps = points[:, None, :] - prototypes[candidates]
    distances = np.sqrt((gaps**2).sum(axis=-1))
    order = np.argsort(distances, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(candidates, order, 1), np.take_along_axis(distances, order, 1)


def _slices(total: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, total, size))
