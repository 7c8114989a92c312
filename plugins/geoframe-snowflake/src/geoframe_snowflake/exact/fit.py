"""The training-free embedding of whatever the data are: full, by landmarks, or of a tree."""

from __future__ import annotations

import time
from typing import Literal

import attrs
import numpy as np

from geoframe_embedding.distances import Floats
from geoframe_embedding.pairs import choose_pairs
from geoframe_embedding.scaling import spread_landmarks
from geoframe_snowflake.exact.embedding import exact_embedding
from geoframe_snowflake.exact.landmarks import landmark_embedding
from geoframe_snowflake.exact.layout import truncate
from geoframe_snowflake.metric.finite_metric import FiniteMetric

SAMPLE = 20_000
"""Pairs besides those of landmarks that the heights of a landmark embedding are fitted to."""
START_ITEMS = 2000
"""Items up to which several exponents are tried for the first axes."""


@attrs.frozen(kw_only=True, eq=False)
class ExactFit:
    """A training-free embedding f(t) = t^q of a finite metric."""

    points: Floats
    """float64 ``(n, dim)``."""
    exponent: float
    way: Literal["full", "landmarks"]
    """Whether all distances are exact, or those to landmarks."""
    distances: Floats | None
    """The given distances ``(n, n)``, if they were needed."""
    seconds: float
    """CPU seconds."""

    def start(self, dim: int) -> Floats:
        """First ``dim`` coordinates ``(n, dim)`` for training."""
        if self.distances is not None and len(self.points) <= START_ITEMS:
            return truncate(self.distances, dim, self.exponent).points
        centred = self.points - self.points.mean(axis=0)
        _, axes = np.linalg.eigh(centred.T @ centred)
        found = np.zeros((len(centred), dim))
        found[:, : min(dim, axes.shape[1])] = centred @ axes[:, ::-1][:, :dim]
        return found


def fit_exactly(metric: FiniteMetric, *, limit: int, landmarks: int, seed: int) -> ExactFit:
    """Embed all distances of up to ``limit`` items, and those to landmarks of more.

    Raises
    ------
    DataError
        If no exponent is large enough.
    """
    started = time.process_time()
    if len(metric) <= limit:
        distances = metric.matrix()
        full = exact_embedding(distances)
        return ExactFit(
            points=full.points,
            exponent=full.exponent,
            way="full",
            distances=distances,
            seconds=time.process_time() - started,
        )
    chosen, rows = spread_landmarks(metric, landmarks, seed=seed)
    sample = choose_pairs(metric, SAMPLE, seed=seed).apart()
    found = landmark_embedding(chosen, rows, (sample.first, sample.second, sample.given), seed=seed)
    return ExactFit(
        points=found.points,
        exponent=found.exponent,
        way="landmarks",
        distances=None,
        seconds=time.process_time() - started,
    )
