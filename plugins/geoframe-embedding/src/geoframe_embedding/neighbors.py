"""Whether who is near in the data is near in the embedding. Torch-free."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_embedding.distances import Floats, Ints, PairDistances, row_blocks

ROUNDING = 1e-9
"""Relative difference below which two given distances are the same."""
KEPT = 10
"""Neighbours that :class:`Neighbors` counts."""
ANCHORS = 200
"""Items that triplets start from, at most."""
TRIPLETS = 100
"""Triplets of each of these."""


@attrs.frozen(kw_only=True)
class Ranking:
    """Reconstruction of neighbours from distances (M. Nickel, D. Kiela, NeurIPS 2017)."""

    mean_average_precision: float
    """Mean over items of the average precision with which their neighbours come first."""
    mean_rank: float
    """Mean over pairs of neighbours of 1 + the number of others at most as far away."""
    items: int
    """Number of items from which all others were ranked."""


class Ranks:
    """Places of neighbours, collected item by item.

    An item that is no neighbour but as far away as one comes before it, so that ties flatter
    nobody: the convention of the published tables.
    """

    def __init__(self) -> None:
        self._precisions: list[float] = []
        self._ranks: list[NDArray[np.floating]] = []

    def add(self, distances: Floats, related: Ints, left_out: Ints) -> None:
        """Rank the neighbours of one item.

        Parameters
        ----------
        distances
            Embedded distances from the item to all ``(n,)``.
        related
            Its neighbours; an item without any does not count.
        left_out
            The item itself, and others that are not to be ranked.
        """
        if not len(related):
            return
        positive = np.sort(distances[related])
        others = np.delete(distances, np.concatenate([left_out, related]))
        before = np.searchsorted(np.sort(others), positive, side="right")
        place = np.arange(1, len(related) + 1)
        self._precisions.append(float((place / (place + before)).mean()))
        self._ranks.append(1.0 + before)

    def result(self) -> Ranking | None:
        """Means over all that was added; None if no item had a neighbour."""
        if not self._precisions:
            return None
        return Ranking(
            mean_average_precision=float(np.mean(self._precisions)),
            mean_rank=float(np.concatenate(self._ranks).mean()),
            items=len(self._precisions),
        )


@attrs.frozen(kw_only=True)
class Neighbors:
    """How well neighbours are found again."""

    ranking: Ranking | None
    """None if nobody has neighbours."""
    kept: float
    """Share of the 10 nearest in the embedding that are among the 10 nearest in the data; among
    items equally far in the data any is as good as the others. NaN if nobody has 10 others."""


def measure_neighbors(given: PairDistances, embedded: PairDistances, items: Ints) -> Neighbors:
    """Compare the neighbours of some items ``(m,)`` in the data and in an embedding.

    An item's neighbours are those at its smallest positive given distance: in a graph whose
    edges are equally long the ends of its edges, among distances without ties the nearest item.
    Items at distance 0 are not ranked, nor are those without a distance (NaN).
    """
    ranks, kept, counted = Ranks(), 0, 0
    for block, rows in row_blocks(given, items):
        found = embedded.rows(items[block])
        for item, row, distances in zip(items[block].tolist(), rows, found, strict=True):
            ranks.add(distances, _nearest(row), np.union1d(np.flatnonzero(~(row > 0)), [item]))
        several = np.count_nonzero(~np.isnan(rows), axis=1) > KEPT
        kept += _kept(rows[several], found[several], items[block][several])
        counted += KEPT * int(several.sum())
    share = kept / counted if counted else float("nan")
    return Neighbors(ranking=ranks.result(), kept=share)


def _nearest(row: Floats) -> Ints:
    apart = np.where(row > 0, row, np.inf)
    return np.flatnonzero((apart <= apart.min() * (1 + ROUNDING)) & np.isfinite(apart))


def _kept(rows: Floats, found: Floats, items: Ints) -> int:
    here = np.arange(len(rows))
    if not len(rows):
        return 0
    left_out = np.isnan(rows)
    left_out[here, items] = True
    true, found = np.where(left_out, np.inf, rows), np.where(left_out, np.inf, found)
    limit = np.partition(true, KEPT - 1, axis=1)[:, KEPT - 1 : KEPT] * (1 + ROUNDING)
    nearest: NDArray[np.int64] = np.argpartition(found, KEPT - 1, axis=1)[:, :KEPT]
    return int((np.take_along_axis(true, nearest, axis=1) <= limit).sum())


def triplets_kept(given: PairDistances, embedded: PairDistances, *, seed: int) -> float:
    """Share of sampled triplets (a, b, c) in which the nearer of b and c to a stays the nearer.

    Triplets that are ties in the data do not count; NaN if all are.
    """
    n = len(given)
    if n < 3:
        return float("nan")
    generator = np.random.default_rng(seed)
    anchors = np.sort(generator.permutation(n)[:ANCHORS])
    right = total = 0
    for block, rows in row_blocks(given, anchors):
        # Two different others of each anchor, in a numbering without the anchor itself.
        b = generator.integers(n - 1, size=(len(rows), TRIPLETS))
        c = (b + generator.integers(1, n - 1, size=b.shape)) % (n - 1)
        own = anchors[block, None]
        b, c = b + (b >= own), c + (c >= own)
        true = np.take_along_axis(rows, b, axis=1) - np.take_along_axis(rows, c, axis=1)
        found = embedded.rows(anchors[block])
        there = np.take_along_axis(found, b, axis=1) - np.take_along_axis(found, c, axis=1)
        counted = np.isfinite(true) & (true != 0)
        right += int((counted & (np.sign(true) == np.sign(there))).sum())
        total += int(counted.sum())
    return right / total if total else float("nan")
