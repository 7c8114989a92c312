"""Pairs of items with their given distances. Torch-free."""

from __future__ import annotations

import attrs
import numpy as np

from geoframe_embedding.distances import Floats, Ints, PairDistances

SOURCES = 512
"""Items that sampled pairs start from at most, so that a graph needs few searches."""


@attrs.frozen(kw_only=True, eq=False)
class Pairs:
    """``p`` pairs of different items."""

    first: Ints
    second: Ints
    given: Floats
    """Their distances, from the first to the second."""
    complete: bool
    """Whether these are all pairs."""

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.first)

    @property
    def index(self) -> Ints:
        """Item indices ``(p, 2)``."""
        return np.stack([self.first, self.second], axis=1)

    def apart(self) -> Pairs:
        """Those with a positive distance."""
        return self.where(self.given > 0)

    def known(self) -> Pairs:
        """Those that have a distance."""
        missing = np.isnan(self.given)
        return self.where(~missing) if missing.any() else self

    def where(self, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Pairs:
        """Those that a boolean ``(p,)`` keeps."""
        return attrs.evolve(
            self, first=self.first[kept], second=self.second[kept], given=self.given[kept]
        )


def choose_pairs(given: PairDistances, limit: int, *, seed: int, directed: bool = False) -> Pairs:
    """All pairs if there are at most ``limit``, and a random sample of that size otherwise.

    Pairs whose distance is missing (NaN) are left out.

    Parameters
    ----------
    given
        The distances.
    limit
        Most pairs.
    seed
        Seed of the sample.
    directed
        Whether both orders of a pair are pairs; else one stands for both.
    """
    n = len(given)
    count = n * (n - 1) if directed else n * (n - 1) // 2
    if count <= limit:
        first, second = np.nonzero(~np.eye(n, dtype=bool)) if directed else np.triu_indices(n, k=1)
        matrix = given.rows(np.arange(n))
        pairs = Pairs(first=first, second=second, given=matrix[first, second], complete=True)
        return pairs.known()
    generator = np.random.default_rng(seed)
    sources = generator.permutation(n)[:SOURCES]
    first = sources[generator.integers(len(sources), size=limit)]
    second = (first + generator.integers(1, n, size=limit)) % n
    found = given.between(first, second)
    return Pairs(first=first, second=second, given=found, complete=False).known()
