"""Linear models, trees and label spreading, as scikit-learn's defaults have them."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from geoframe_lgi.branches.nearest import NearestRows
from geoframe_lgi.held_out import HeldOut, Predictions, cross_fitted
from geoframe_lgi.task import Mask, NodeTask, Scores

TREES = 200
"""Trees of a forest."""
PENALTIES = tuple(np.logspace(-2, 2, 9).tolist())
"""Inverse penalties that ridge chooses from."""
STRENGTH, STRENGTH_OF_WORDS = 1.0, 100.0
"""Inverse penalties of logistic regression; shares of words are small numbers."""

Make = Callable[[NodeTask, int], Any]
"""(task, seed) -> an estimator of scikit-learn."""


def _linear(task: NodeTask, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression, RidgeCV

    if task.kind == "regression":
        return RidgeCV(alphas=[1 / penalty for penalty in PENALTIES])
    strength = STRENGTH_OF_WORDS if task.words else STRENGTH
    return LogisticRegression(C=strength, max_iter=2000)


def _forest(task: NodeTask, seed: int) -> Any:
    from sklearn import ensemble

    numbers = task.kind == "regression"
    chosen = ensemble.RandomForestRegressor if numbers else ensemble.RandomForestClassifier
    return chosen(n_estimators=TREES, random_state=seed, n_jobs=1)


def _boosting(task: NodeTask, seed: int) -> Any:
    from sklearn import ensemble

    if task.kind == "regression":
        return ensemble.HistGradientBoostingRegressor(random_state=seed)
    return ensemble.HistGradientBoostingClassifier(random_state=seed)


ESTIMATORS: Mapping[str, Make] = {"logistic": _linear, "forest": _forest, "boosting": _boosting}
"""Name -> how to make the estimator of one output. ``logistic`` is ridge for numbers."""


def fit_classical(name: str, task: NodeTask, held_out: HeldOut, *, seed: int) -> Predictions:
    """Train ``logistic``, ``forest``, ``boosting`` or ``label-spreading``."""
    started = time.perf_counter()
    fit = _spreading(task) if name == "label-spreading" else _inductive(name, task, seed)
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # iterations that run out, classes of one row
        scores, held = cross_fitted(task, held_out, fit)
    return Predictions(name=name, scores=scores, held=held, seconds=time.perf_counter() - started)


def fitted_estimators(name: str, task: NodeTask, train: Mask, seed: int) -> list[Any]:
    """Train the estimators of one name: one of all classes, or one per label or number."""
    make = ESTIMATORS[name]
    columns = [task.codes] if task.kind == "classification" else list(task.target.T)
    if task.kind == "multi-label":
        columns = [column.astype(np.int64) for column in np.nan_to_num(task.target).T]
    fitted: list[Any] = []
    for column in columns:
        known = column[train]
        if task.kind != "regression" and (known == known[0]).all():
            fitted.append(Constant(int(known[0])))
        else:
            fitted.append(make(task, seed).fit(task.features[train], known))
    return fitted


def scores_of(estimators: list[Any], task: NodeTask, features: Any) -> Scores:
    """Scores ``(m, c)`` of rows by trained estimators."""
    if task.kind == "regression":
        return np.column_stack([each.predict(features) for each in estimators]).astype(float)
    if task.kind == "multi-label":
        return np.column_stack([_of_one(each, features) for each in estimators])
    (classifier,) = estimators
    scores = np.zeros((len(features), len(task.outputs)))
    scores[:, classifier.classes_] = classifier.predict_proba(features)
    return scores


def _of_one(estimator: Any, features: Any) -> Scores:
    """Probability of 1, also where training rows knew one value alone ``(m,)``."""
    probabilities = estimator.predict_proba(features)
    column = np.flatnonzero(estimator.classes_ == 1)
    result: Scores = probabilities[:, column].sum(axis=1)
    return result


def _inductive(name: str, task: NodeTask, seed: int) -> Callable[[Mask], Scores]:
    def fit(train: Mask) -> Scores:
        return scores_of(fitted_estimators(name, task, train, seed), task, task.features)

    return fit


class Constant:
    """Says what all of its training rows were, where estimators refuse a single class."""

    def __init__(self, value: int) -> None:
        self.classes_ = np.array([value])

    def predict_proba(self, features: Any) -> Scores:
        """All of the probability ``(m, 1)``."""
        return np.ones((len(features), 1))


def _spreading(task: NodeTask) -> Callable[[Mask], Scores]:
    """Label spreading over the nearest rows; for numbers, their mean over the nearest rows."""
    nearest = NearestRows(task)

    def fit(train: Mask) -> Scores:
        if task.kind == "classification":
            from sklearn.semi_supervised import LabelSpreading

            codes = np.where(train, task.codes, -1)
            model = LabelSpreading(kernel="knn", n_neighbors=nearest.k, max_iter=200)
            model.fit(nearest.stored, codes)
            scores = np.zeros((len(task), len(task.outputs)))
            shares = np.nan_to_num(model.label_distributions_)
            scores[:, model.classes_] = shares
            known = scores.sum(axis=1) > 0
            scores[~known] = np.bincount(codes[train], minlength=len(task.outputs)) / train.sum()
            return scores
        from sklearn.neighbors import KNeighborsRegressor

        model = KNeighborsRegressor(n_neighbors=min(nearest.k, int(train.sum())))
        model.fit(nearest.stored[train], task.target[train])
        values: Scores = model.predict(nearest.stored).reshape(len(task), -1)
        return values

    return fit
