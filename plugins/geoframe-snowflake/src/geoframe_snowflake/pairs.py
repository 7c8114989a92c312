"""Pairs of items with their given distances."""

from __future__ import annotations

import attrs
import numpy as np

from geoframe_snowflake.finite_metric import BLOCK_BYTES, FiniteMetric, Floats, Ints

SOURCES = 512
"""Items that sampled pairs start from at most, so that a graph needs few searches."""


@attrs.frozen(kw_only=True, eq=False)
class Pairs:
    """``p`` pairs of different items."""

    first: Ints
    second: Ints
    given: Floats
    """Their distances."""
    complete: bool
    """Whether these are all pairs."""

    @property
    def index(self) -> Ints:
        """Item indices ``(p, 2)``."""
        return np.stack([self.first, self.second], axis=1)

    def lengths(self, points: Floats) -> Floats:
        """Euclidean distances ``(p,)`` of the pairs among points ``(n, d)``, a block at a time."""
        size = max(1, BLOCK_BYTES // (8 * points.shape[1]))
        found = np.empty(len(self.first))
        for start in range(0, len(found), size):
            block = slice(start, start + size)
            difference = points[self.first[block]] - points[self.second[block]]
            found[block] = np.linalg.norm(difference, axis=1)
        return found

    def apart(self) -> Pairs:
        """Those with a positive distance."""
        kept = self.given > 0
        return attrs.evolve(
            self, first=self.first[kept], second=self.second[kept], given=self.given[kept]
        )


def choose_pairs(metric: FiniteMetric, limit: int, *, seed: int) -> Pairs:
    """All pairs if there are at most ``limit``, and a random sample of that size otherwise."""
    n = len(metric)
    if n * (n - 1) // 2 <= limit:
        first, second = np.triu_indices(n, k=1)
        return Pairs(
            first=first, second=second, given=metric.matrix()[first, second], complete=True
        )
    generator = np.random.default_rng(seed)
    sources = generator.permutation(n)[:SOURCES]
    first = sources[generator.integers(len(sources), size=limit)]
    second = (first + generator.integers(1, n, size=limit)) % n
    return Pairs(first=first, second=second, given=metric.between(first, second), complete=False)
