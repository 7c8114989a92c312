"""Points of the ball moved until the neighbours of every node come first."""

from __future__ import annotations

import attrs
import numpy as np
from scipy.spatial import cKDTree

from geoframe_data.graph import Floats, Ints
from geoframe_hnn.arrays.descent import add_gradients, descend, distances_of, squared

WARMEST, COLDEST = 1.0, 0.3
"""Temperature of the softmax over distances at the first step and at the last."""
HARD, RANDOM = 16, 32
"""Others that a node is kept away from in a step: near ones that are no neighbours, and any."""
RENEWED = 25
"""Steps after which the near ones are found again."""
ALL_PAIRS = 2000
"""Nodes up to which near ones are found among all."""


@attrs.frozen(kw_only=True, eq=False)
class Neighborhood:
    """Who is whose neighbour, both ways."""

    count: int
    """Number ``n`` of nodes."""
    source: Ints
    target: Ints
    """Ends ``(p,)`` of the pairs, sorted by source, then target."""

    @classmethod
    def of_edges(cls, count: int, edges: Ints) -> Neighborhood:
        """The neighbourhood of a graph's edges ``(e, 2)``."""
        keys = np.unique(np.concatenate([edges, edges[:, ::-1]]) @ np.array([count, 1]))
        return cls(count=count, source=keys // count, target=keys % count)

    def holds(self, u: Ints, v: Ints) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Whether nodes are neighbours or the same, broadcast."""
        keys, wanted = self.source * self.count + self.target, u * self.count + v
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.asarray((keys[place] == wanted) | (u == v))


def refine(ball: Floats, neighborhood: Neighborhood, *, steps: int, seed: int) -> Floats:
    """Move points of the Poincare ball towards neighbours and away from others.

    Minimised is the mean over nodes u of the mean over their neighbours v of
    log(1 + exp(d(u, v) / T) sum_w exp(-d(u, w) / T)), w running over those that are no
    neighbours: the nearest of them, and a random sample that stands for all. T falls.

    Parameters
    ----------
    ball
        ``(n, d)``.
    neighborhood
        Neighbours that should come first.
    steps
        Number of steps.
    seed
        Seed of the samples.
    """
    generator = np.random.default_rng(seed)
    hard = np.empty((len(ball), 0), dtype=np.int64)

    def gradient(x: Floats, step: int) -> Floats:
        nonlocal hard
        if step % RENEWED == 0:
            hard = nearest_others(x, neighborhood)
        temperature = WARMEST * (COLDEST / WARMEST) ** (step / steps)
        random = generator.integers(0, len(x), (len(x), min(RANDOM, len(x))))
        return _gradient(x, neighborhood, hard, random, temperature)

    return descend(ball, gradient, steps=steps)


def nearest_others(x: Floats, neighborhood: Neighborhood) -> Ints:
    """Some of the nearest that are no neighbours -> ``(n, h)``; of many nodes roughly."""
    n = len(x)
    if n <= ALL_PAIRS:
        room = 1.0 - squared(x)
        apart = _squared_rows(x) / (room[:, None] * room)
        apart[neighborhood.source, neighborhood.target] = np.inf
        np.fill_diagonal(apart, np.inf)
        count = min(HARD, n - 1)
        found: Ints = np.argpartition(apart, count - 1, axis=1)[:, :count]
        return found
    count = min(HARD + 8, n)
    _, found = cKDTree(x).query(x, k=count)
    return np.asarray(found[:, 1:], dtype=np.int64)


def _gradient(
    x: Floats, neighborhood: Neighborhood, hard: Ints, random: Ints, temperature: float
) -> Floats:
    """Euclidean gradient ``(n, d)`` of the loss."""
    n = len(x)
    u, v = neighborhood.source, neighborhood.target
    others = np.concatenate([hard, random], axis=1)
    weight = np.ones(others.shape)
    weight[:, hard.shape[1] :] = n / random.shape[1]
    rows = np.arange(n)[:, None]
    weight[neighborhood.holds(rows, others)] = 0.0
    near, near_slope = distances_of(x, u, v)
    far, far_slope = distances_of(x, np.broadcast_to(rows, others.shape).ravel(), others.ravel())
    with np.errstate(divide="ignore"):
        logits = np.log(weight) - far.reshape(others.shape) / temperature
    most = np.maximum(logits.max(axis=1), -1e300)
    share = np.exp(logits - most[:, None])
    total = np.maximum(share.sum(axis=1), 1e-300)
    log_sum = most + np.log(total)
    pull = 1.0 / (1.0 + np.exp(-np.clip(near / temperature + log_sum[u], -500.0, 500.0)))
    pull /= np.bincount(u, minlength=n)[u] * n
    push = share * (np.bincount(u, weights=pull, minlength=n) / total)[:, None]
    gradient = np.zeros_like(x)
    add_gradients(gradient, x, u, v, near_slope * pull / temperature)
    add_gradients(
        gradient,
        x,
        np.broadcast_to(rows, others.shape).ravel(),
        others.ravel(),
        far_slope * -push.ravel() / temperature,
    )
    return gradient


def _squared_rows(x: Floats) -> Floats:
    from scipy.spatial.distance import cdist

    found: Floats = cdist(x, x, "sqeuclidean")
    return found
