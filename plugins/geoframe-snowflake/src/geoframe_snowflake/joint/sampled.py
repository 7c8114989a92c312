"""A joint fit of many items: to landmarks and to their nearest, not to all. Torch-free.

The curve and the first points come from a joint fit of some items, the landmarks; the others are
laid out by their distances to these (landmark scaling). Then all points and the curve are fitted
to the distances of each item to a few landmarks and to its nearest neighbours.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from geoframe_embedding.distances import Floats, Ints
from geoframe_embedding.scaling import landmark_scaling
from geoframe_snowflake.joint.dense import NEAREST, Focus
from geoframe_snowflake.joint.fit import MOST, QUANTILE, fit_jointly, flattened, jittered
from geoframe_snowflake.joint.residuals import Residuals
from geoframe_snowflake.joint.search import JointFit, Search, Singles
from geoframe_snowflake.metric.finite_metric import FiniteMetric

LANDMARKS = 300
ROW_BYTES = 256 * 2**20
"""Memory for the distances of the landmarks to all."""
FAR, NEAR = 30, 10
"""Landmarks, and nearest neighbours, whose distance to an item counts."""
BLOCK = 2**17
"""Pairs that are looked at together."""
SCALE_DIM = 8
"""Coordinates in which candidates for neighbours are looked for."""


def fit_jointly_sampled(metric: FiniteMetric, dim: int, *, focus: Focus, seed: int) -> JointFit:
    """Embed many items with symmetric distances in few dimensions; see :func:`fit_jointly`."""
    n = len(metric)
    generator = np.random.default_rng(seed)
    count = min(n, max(2 * dim + 2, min(LANDMARKS, ROW_BYTES // (8 * n))))
    landmarks = np.sort(generator.permutation(n)[:count])
    rows = metric.rows(landmarks)
    small = fit_jointly(rows[:, landmarks], dim, focus=focus, seed=seed)
    positive = rows[rows > 0]
    median = float(np.median(positive))
    most = float(np.quantile(positive, QUANTILE)) / median
    jump = min(most, small.jump / median)
    filled = np.where(np.isnan(rows), 1.0, rows / median)
    flat = flattened(filled, small.exponent, jump)
    near, near_given = metric.nearest(NEAR, landmark_scaling(flat, landmarks, max(dim, SCALE_DIM)))
    far = generator.integers(count, size=(n, FAR))
    items = np.repeat(np.arange(n), FAR)
    first = np.concatenate([items, np.repeat(np.arange(n), near.shape[1])])
    second = np.concatenate([landmarks[far.ravel()], near.ravel()])
    given = np.concatenate([rows[far.ravel(), items], near_given.ravel()])
    problem = SomePairs(n, first, second, given / median, focus)
    points = jittered(landmark_scaling(flat, landmarks, dim), generator)
    return Search(problem, points, small.exponent, jump, most).go_on(MOST).result(median)


class SomePairs:
    """The loss and its gradient over some pairs, in single precision.

    Parameters
    ----------
    n
        Number of items.
    first, second
        Items of the pairs ``(p,)``; repetitions, pairs of an item with itself and pairs without
        a distance (NaN) are left out.
    given
        Their distances ``(p,)``.
    """

    def __init__(self, n: int, first: Ints, second: Ints, given: Floats, focus: Focus) -> None:
        low, high = np.minimum(first, second), np.maximum(first, second)
        kept = np.flatnonzero((low < high) & np.isfinite(given))
        _, unique = np.unique(low[kept] * n + high[kept], return_index=True)
        kept = kept[unique]
        self.n, self.first, self.second = n, low[kept], high[kept]
        self.wanted = given[kept].astype(np.float32)
        self.weights = np.ones_like(self.wanted)
        if focus == "neighbors":
            self.weights /= np.maximum(self.wanted, np.float32(NEAREST))
        self.total = float((self.weights * self.wanted**2).sum(dtype=np.float64))
        starts = np.searchsorted(self.first, np.arange(n + 1))
        self.pulls = csr_array(
            (np.zeros_like(self.wanted), self.second, starts), shape=(n, n), copy=False
        )

    def value(
        self, points: Singles, exponent: float, offset: float, jump: float
    ) -> tuple[float, Floats, float, float]:
        """The loss, and its derivatives by points ``(n, dim)``, exponent and jump."""
        residuals = Residuals(exponent, offset, jump)
        for start in range(0, len(self.wanted), BLOCK):
            block = slice(start, start + BLOCK)
            apart = points[self.first[block]] - points[self.second[block]]
            r = np.sqrt(np.maximum(np.einsum("ij,ij->i", apart, apart), np.float32(1e-12)))
            self.pulls.data[block] = residuals.add(r, self.wanted[block], self.weights[block])
        sums = self.pulls.sum(axis=1) + self.pulls.sum(axis=0)
        gradient = sums[:, None] * points - self.pulls @ points - self.pulls.T @ points
        return residuals.value(gradient.astype(np.float64), self.total)
