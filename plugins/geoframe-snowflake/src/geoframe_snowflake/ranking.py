"""Whether what is nearest in the data is nearest in the embedding: MAP and mean rank."""

from __future__ import annotations

import attrs
import numpy as np
from scipy.stats import rankdata

from geoframe_snowflake.checks import ROUNDING
from geoframe_snowflake.finite_metric import FiniteMetric, Floats
from geoframe_snowflake.trained import TrainedEmbedding

BLOCK = 1_000_000
"""Distances that are ranked at a time."""


@attrs.frozen(kw_only=True)
class Ranking:
    """Reconstruction of neighbours from distances (Nickel and Kiela, NeurIPS 2017).

    An item's neighbours are the items at its smallest positive given distance: in a graph whose
    edges have length 1, those it has an edge with; among distances without ties, the nearest one.
    """

    mean_average_precision: float
    """Mean over items of the average precision with which their neighbours come first."""
    mean_rank: float
    """Mean over neighbours of 1 + the number of other items at most as far away."""


def rank_neighbours(
    metric: FiniteMetric, trained: TrainedEmbedding, count: int, *, seed: int
) -> Ranking | None:
    """Rank all items by their embedded distance from each of ``count`` items, drawn at random.

    Returns
    -------
    Ranking or None
        None if ``count`` is 0, or no item has another at a positive distance.
    """
    n = len(metric)
    items = np.sort(np.random.default_rng(seed).permutation(n)[:count])
    precisions: list[Floats] = []
    ranks: list[Floats] = []
    for block in np.array_split(items, max(1, -(-len(items) * n // BLOCK))):
        given = metric.rows(block)
        apart = np.where(given > 0, given, np.inf)  # neither the item itself nor a twin
        nearest = apart.min(axis=1, keepdims=True)
        related = (apart <= nearest * (1 + ROUNDING)) & np.isfinite(nearest)
        rows = trained.embedding.geometry.pairwise(trained.points[block], trained.points)
        found = np.where(given > 0, rows.double().numpy(), np.inf)
        # Equal distances share the last of their places, so that ties flatter nobody.
        place = rankdata(found, method="max", axis=1)
        among = rankdata(np.where(related, found, np.inf), method="max", axis=1)
        size = related.sum(axis=1)
        precision = np.where(related, among / place, 0.0).sum(axis=1)
        precisions.append((precision / np.maximum(size, 1))[size > 0])
        ranks.append((place - among + 1)[related])
    if not sum(map(len, precisions)):
        return None
    return Ranking(
        mean_average_precision=float(np.concatenate(precisions).mean()),
        mean_rank=float(np.concatenate(ranks).mean()),
    )
