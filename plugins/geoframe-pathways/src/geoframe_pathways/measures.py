"""Errors of predictions. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

FLOOR = 1e-12
"""Least probability that a logarithm is taken of."""


def regression_measures(
    predicted: NDArray[np.generic], target: NDArray[np.generic]
) -> Mapping[str, float]:
    """Measures of predicted numbers, in target units but for the last two.

    Returns
    -------
    Mapping
        ``rmse``; ``mae``; ``error_max``; ``rmse_relative``, the RMSE over the standard deviation
        of the target; ``r2``.
    """
    values = np.asarray(target, dtype=np.float64)
    error = np.asarray(predicted, dtype=np.float64) - values
    rmse = float(np.sqrt((error**2).mean()))
    spread = float(np.sqrt(((values - values.mean(axis=0)) ** 2).mean()))
    relative = rmse / spread if spread > 0 else float("nan")
    return {
        "rmse": rmse,
        "mae": float(np.abs(error).mean()),
        "error_max": float(np.abs(error).max()),
        "rmse_relative": relative,
        "r2": 1.0 - relative**2,
    }


def classification_measures(
    probabilities: NDArray[np.floating], classes: NDArray[np.generic], target: NDArray[np.generic]
) -> Mapping[str, float]:
    """Share of right answers (``accuracy``) and mean negative log-probability (``log_loss``)."""
    places = np.searchsorted(classes, target)
    known = np.flatnonzero(np.isin(target, classes))
    right = np.zeros(len(target))
    right[known] = probabilities[known, places[known]]
    return {
        "accuracy": float((classes[probabilities.argmax(axis=1)] == target).mean()),
        "log_loss": float(-np.log(np.maximum(right, FLOOR)).mean()),
    }


def error_per_row(
    predicted: NDArray[np.generic], target: NDArray[np.generic]
) -> NDArray[np.float64]:
    """Squared error ``(n,)`` of numbers, or 0/1 for classes that are right or wrong."""
    if np.issubdtype(target.dtype, np.floating):
        error = np.asarray(predicted, dtype=np.float64) - np.asarray(target, dtype=np.float64)
        squared: NDArray[np.float64] = (error**2).reshape(len(target), -1).mean(axis=1)
        return squared
    return np.asarray(predicted != target, dtype=np.float64)
