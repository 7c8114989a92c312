"""How good predictions are: accuracy, ranking, calibration; errors of numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoframe_lgi.task import Kind, Mask, NodeTask, Scores

BINS = 10
"""Bins of equal width of the calibration error."""
SMALLEST_PROBABILITY = 1e-12

HEADLINE: dict[Kind, str] = {
    "classification": "accuracy",
    "multi-label": "label_accuracy",
    "regression": "r2",
}
"""The measure that models are ranked by; larger is better."""


def measure(task: NodeTask, scores: Scores, rows: Mask) -> dict[str, float]:
    """Measures of scores ``(n, c)`` on some labelled rows; empty where there are none."""
    chosen = rows & task.labelled
    if not chosen.any():
        return {}
    target, given = task.target[chosen], scores[chosen]
    if task.kind == "classification":
        return _of_classes(given, target[:, 0].astype(np.int64))
    if task.kind == "multi-label":
        return _of_labels(given, target)
    return _of_numbers(given, target)


def row_losses(task: NodeTask, scores: Scores, rows: Mask) -> NDArray[np.float64]:
    """Loss of each chosen row ``(m,)``: what branches are screened and chosen by.

    Negative log-likelihood plus 1 for a wrong class; mean over labels of the same; or squared
    error in units of the target's variance.
    """
    target, given = task.target[rows], scores[rows]
    if task.kind == "regression":
        variance = np.maximum(task.target[task.labelled].var(axis=0), SMALLEST_PROBABILITY)
        errors: NDArray[np.float64] = ((given - target) ** 2 / variance).mean(axis=1)
        return errors
    if task.kind == "multi-label":
        likely = np.where(target > 0, given, 1 - given)
        wrong = (given > 0.5) != (target > 0)
        losses: NDArray[np.float64] = (_negative_log(likely) + wrong).mean(axis=1)
        return losses
    codes = target[:, 0].astype(np.int64)
    wrong_class = given.argmax(axis=1) != codes
    total: NDArray[np.float64] = _negative_log(given[np.arange(len(codes)), codes]) + wrong_class
    return total


def _negative_log(probabilities: Scores) -> Scores:
    logs: Scores = -np.log(np.maximum(probabilities, SMALLEST_PROBABILITY))
    return logs


def _of_classes(given: Scores, codes: NDArray[np.int64]) -> dict[str, float]:
    right = given.argmax(axis=1) == codes
    measures = {
        "accuracy": float(right.mean()),
        "nll": float(_negative_log(given[np.arange(len(codes)), codes]).mean()),
        "calibration_error": calibration_error(given.max(axis=1), right),
    }
    auc = mean_auc(given, codes[:, None] == np.arange(given.shape[1]))
    return measures if auc is None else {**measures, "auc": auc}


def _of_labels(given: Scores, target: NDArray[np.float64]) -> dict[str, float]:
    right = (given > 0.5) == (target > 0)
    likely = np.where(target > 0, given, 1 - given)
    measures = {
        "label_accuracy": float(right.mean()),
        "subset_accuracy": float(right.all(axis=1).mean()),
        "nll": float(_negative_log(likely).mean()),
        "calibration_error": calibration_error(np.maximum(given, 1 - given), right),
    }
    auc = mean_auc(given, target > 0)
    return measures if auc is None else {**measures, "auc": auc}


def _of_numbers(given: Scores, target: NDArray[np.float64]) -> dict[str, float]:
    errors = given - target
    spread = np.maximum(((target - target.mean(axis=0)) ** 2).sum(axis=0), SMALLEST_PROBABILITY)
    return {
        "rmse": float(np.sqrt((errors**2).mean())),
        "mae": float(np.abs(errors).mean()),
        "r2": float(1 - ((errors**2).sum(axis=0) / spread).mean()),
    }


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error: mean gap of confidence and accuracy over bins of confidence."""
    bins = reliability(confidence, right)
    total = sum(count for _, _, count in bins)
    return sum(count / total * abs(mean - share) for mean, share, count in bins)


def reliability(
    confidence: NDArray[np.float64], right: NDArray[np.bool_]
) -> list[tuple[float, float, int]]:
    """Mean confidence, accuracy and number of predictions of each bin that has any."""
    confidence, right = confidence.ravel(), right.ravel()
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    return [
        (
            float(confidence[bins == b].mean()),
            float(right[bins == b].mean()),
            int((bins == b).sum()),
        )
        for b in np.unique(bins)
    ]


def mean_auc(given: Scores, positive: NDArray[np.bool_]) -> float | None:
    """Mean area under the ROC curve of the columns with both kinds of rows; None without any."""
    areas = [
        _auc(given[:, column], positive[:, column])
        for column in range(given.shape[1])
        if 0 < positive[:, column].sum() < len(positive)
    ]
    return float(np.mean(areas)) if areas else None


def _auc(score: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Probability that a positive row scores above another one, ties counting half."""
    from scipy.stats import rankdata

    ranks = rankdata(score)
    count = positive.sum()
    above = ranks[positive].sum() - count * (count + 1) / 2
    return float(above / (count * (len(positive) - count)))


def sign_test(differences: NDArray[np.float64]) -> float:
    """Two-sided p-value of as many paired differences ``(s,)`` of one sign, zeros left out."""
    from scipy.stats import binomtest

    up, down = int((differences > 0).sum()), int((differences < 0).sum())
    return float(binomtest(up, up + down).pvalue) if up + down else 1.0
