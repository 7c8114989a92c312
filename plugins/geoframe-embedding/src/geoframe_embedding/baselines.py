"""Simple rivals on the same distances: what an embedding has to be better than. Torch-free."""

from __future__ import annotations

import time
import warnings

import attrs
import numpy as np

from geoframe_embedding.distances import EuclideanDistances, Floats, PairDistances
from geoframe_embedding.pairs import choose_pairs
from geoframe_embedding.scaling import classical_scaling, landmark_scaling, spread_landmarks

MOST_CLASSICAL = 2000
"""Items up to which classical scaling sees all distances; of more, those to landmarks."""
LANDMARKS = 300
SAMPLE = 20_000
"""Pairs that the unit of a landmark layout is fitted to."""


@attrs.frozen(kw_only=True, eq=False)
class Baseline:
    """Points in flat space by a standard method."""

    name: str
    distances: EuclideanDistances
    seconds: float
    """CPU time."""


def classical_baseline(given: PairDistances, dim: int, *, seed: int) -> Baseline:
    """Classical scaling, in the unit that fits the given distances best by least squares."""
    started = time.process_time()
    n = len(given)
    if n <= MOST_CLASSICAL:
        points = classical_scaling(given.rows(np.arange(n)), dim)
    else:
        landmarks, rows = spread_landmarks(given, LANDMARKS, seed=seed)
        points = landmark_scaling(rows, landmarks, dim)
    pairs = choose_pairs(given, SAMPLE, seed=seed)
    lengths = EuclideanDistances(points=points).between(pairs.first, pairs.second)
    scale = float(lengths @ pairs.given) / max(float(lengths @ lengths), np.finfo(float).tiny)
    return Baseline(
        name="classical scaling",
        distances=EuclideanDistances(points=points, scale=scale),
        seconds=time.process_time() - started,
    )


def smacof_baseline(distances: Floats, dim: int, *, seed: int, starts: int = 4) -> Baseline:
    """Metric SMACOF of scikit-learn on all distances ``(n, n)``, its best of ``starts`` starts."""
    from sklearn.manifold import smacof

    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of its future defaults
        points, _ = smacof(
            distances, n_components=dim, n_init=starts, random_state=seed, normalized_stress=False
        )
    return Baseline(
        name=f"SMACOF ({starts} starts)",
        distances=EuclideanDistances(points=points),
        seconds=time.process_time() - started,
    )
