"""Few coordinates and a curve of three numbers, fitted together to all distances.

Minimises F = sum w (f(|x_i - x_j|) - D_ij)^2 / sum w D_ij^2 over points and curve, where
f(r) = c + (r + e)^q - e^q, by L-BFGS from classical scaling. A step costs about as much as one
of SMACOF's, and there are far fewer of them than of a stochastic gradient. Torch-free.
"""

from __future__ import annotations

import numpy as np

from geoframe_embedding.distances import Floats
from geoframe_embedding.scaling import classical_scaling
from geoframe_snowflake.joint.dense import AllPairs, Focus
from geoframe_snowflake.joint.search import OFFSET, JointFit, Search
from geoframe_snowflake.metric.completion import complete_distances

STARTS = ((1.0, 0), (0.7, 0), (1.5, 0), (2.5, 0), (1.0, 1), (1.5, 1))
"""Exponents that a fit starts from, each without (0) or with (1) a jump."""
JITTER = 0.03
"""Noise of the start, in the root mean square of its distances: points at one place stall."""
QUANTILE = 0.001
"""Share of the distances below which the jump stays."""
TRIAL, MOST = 12, 200
"""Iterations of every start, and of the best one."""
LOOSE = 0.0625
"""Loss above which all starts are followed to their ends, since there the ends differ most,"""
RANDOM = 4
"""and so many that know nothing of the distances."""
SAMPLE = 800
"""Items above which the starts are tried on so many of them only."""


CLOSEST = 0.02
"""Distance, in units of the median, that is the least once the jump is taken off."""


def fit_jointly(distances: Floats, dim: int, *, focus: Focus, seed: int) -> JointFit:
    """Embed symmetric distances in few dimensions.

    Parameters
    ----------
    distances
        ``(n, n)``, zero on the diagonal; NaN where one is missing.
    dim
        Number of coordinates.
    focus
        ``"distances"`` weighs all errors alike, ``"neighbors"`` those of small distances more.
    seed
        Seed of the starts' noise.
    """
    n = len(distances)
    known = np.isfinite(distances)
    off = known & ~np.eye(n, dtype=bool)
    positive = distances[off & (distances > 0)]
    if n < 2 or not len(positive):
        return JointFit(points=np.zeros((n, dim)), exponent=1.0, offset=OFFSET, jump=0.0, loss=0.0)
    median = float(np.median(positive))
    filled = complete_distances(distances / median)
    most = float(np.quantile(positive, QUANTILE)) / median
    problem = AllPairs(np.where(known, distances / median, 0.0), off, focus)
    generator = np.random.default_rng(seed)
    starts = [(exponent, min(most, 0.5) * with_jump) for exponent, with_jump in STARTS]
    if n > SAMPLE:
        chosen = np.sort(generator.permutation(n)[:SAMPLE])
        small = fit_jointly(distances[np.ix_(chosen, chosen)], dim, focus=focus, seed=seed)
        starts = [(small.exponent, min(most, small.jump / median))]
    trials = []
    for exponent, jump in dict.fromkeys(starts):
        points = classical_scaling(flattened(filled, exponent, jump), dim)
        trials.append(Search(problem, jittered(points, generator), exponent, jump, most))
    if len(trials) > 1:
        for trial in trials:
            trial.go_on(TRIAL)
    best = min(trials, key=lambda search: search.loss).go_on(MOST)
    if len(trials) > 1 and best.loss > LOOSE:
        others = [trial for trial in trials if trial is not best]
        for _ in range(RANDOM):
            points = generator.standard_normal((n, dim))
            others.append(Search(problem, points, 1.0, min(most, 0.5), most))
        best = min([best, *(each.go_on(MOST) for each in others)], key=lambda search: search.loss)
    return best.result(median)


def flattened(distances: Floats, exponent: float, jump: float) -> Floats:
    """Distances without jump and power; 0 stays."""
    flat = np.maximum(distances - jump, CLOSEST) ** (1.0 / exponent)
    return np.where(distances == 0, 0.0, flat)


def jittered(points: Floats, generator: np.random.Generator) -> Floats:
    """Points ``(n, dim)`` with a little noise."""
    size = float(np.sqrt(2.0 * ((points - points.mean(axis=0)) ** 2).sum() / len(points)))
    return points + JITTER * size * generator.standard_normal(points.shape)
