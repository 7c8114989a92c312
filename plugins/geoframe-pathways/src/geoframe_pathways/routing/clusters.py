"""Prototypes from data: balanced k-means without tiny cells."""

from __future__ import annotations

from functools import cache

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import ThreadpoolController

from geoframe_pathways.routing.nearest import NearestPrototypes, Points

FITTED_ROWS = 100_000
"""Rows that k-means looks at; more make no better prototypes."""
ROUNDS = 10
"""Rounds of splitting what is too large."""
CAP = 2.0
"""Largest cell, in mean cell sizes, that balancing leaves alone."""


def k_means(points: Points, cells: int, *, seed: int) -> Points:
    """Return at most ``cells`` distinct prototypes ``(c, k)`` of points ``(n, k)``."""
    if cells <= 1:
        return np.asarray(points.mean(axis=0, keepdims=True))
    if len(points) > FITTED_ROWS:
        chosen = np.random.default_rng(seed).choice(len(points), FITTED_ROWS, replace=False)
        points = points[np.sort(chosen)]
    distinct: Points = np.unique(points, axis=0)
    if len(distinct) <= cells:
        return distinct
    # Sums over several threads come in another order each time; a resumed run must agree.
    with _thread_pools().limit(limits=1):
        found = KMeans(cells, n_init=1, random_state=seed % 2**32).fit(points)
    return np.unique(found.cluster_centers_.astype(np.float64), axis=0)


def balanced_prototypes(
    points: Points, cells: int, *, min_rows: int, seed: int, balance: bool = True
) -> Points:
    """Prototypes ``(c, k)`` of cells of at least ``min_rows`` rows and similar sizes.

    Cells above twice the mean size are split, and as many of the smallest given up for them;
    then cells below ``min_rows`` are given up, their rows going to the nearest neighbours. So c
    may be less than ``cells``.
    """
    prototypes = k_means(points, cells, seed=seed)
    for round_ in range(ROUNDS if balance else 0):
        owner, sizes = _assign(points, prototypes)
        large = np.flatnonzero(sizes > CAP * len(points) / len(prototypes))
        if not len(large):
            break
        halves = [k_means(points[owner == cell], 2, seed=seed + round_) for cell in large]
        gained = sum(len(half) - 1 for half in halves)
        given_up = np.setdiff1d(np.argsort(sizes, kind="stable")[:gained], large)
        kept = np.delete(prototypes, np.union1d(large, given_up), axis=0)
        prototypes = np.concatenate([kept, *halves])[:cells]
    return without_small(points, prototypes, min_rows)


def without_small(points: Points, prototypes: Points, min_rows: int) -> Points:
    """Give up prototypes, smallest cells first, until every cell has ``min_rows`` rows."""
    while len(prototypes) > 1:
        _, sizes = _assign(points, prototypes)
        small = int((sizes < min_rows).sum())
        if not small:
            break
        # Half of the small cells at a time: the others grow by what these leave.
        dropped = np.argsort(sizes, kind="stable")[: (small + 1) // 2]
        prototypes = np.delete(prototypes, dropped[: len(prototypes) - 1], axis=0)
    return prototypes


def _assign(points: Points, prototypes: Points) -> tuple[np.ndarray, np.ndarray]:
    owner = NearestPrototypes(prototypes).find(points, 1)[0][:, 0]
    return owner, np.bincount(owner, minlength=len(prototypes))


@cache
def _thread_pools() -> ThreadpoolController:
    """Find the libraries that have threads, once: it takes longer than k-means of a small cell."""
    return ThreadpoolController()
