"""Trained linear models and forests as arrays: kept with a run and used without pickles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from geoframe_lgi.task import NodeTask, Scores

Arrays = dict[str, NDArray[Any]]


def linear_arrays(estimators: list[Any]) -> Arrays:
    """Coefficients of logistic regressions or ridges, one estimator after the other."""
    arrays: Arrays = {}
    for number, each in enumerate(estimators):
        if hasattr(each, "coef_"):
            arrays[f"{number}.coef"] = np.atleast_2d(each.coef_)
            arrays[f"{number}.intercept"] = np.atleast_1d(each.intercept_)
        if hasattr(each, "classes_"):
            arrays[f"{number}.classes"] = each.classes_.astype(np.int64)
    return arrays


def linear_scores(arrays: Mapping[str, NDArray[Any]], task: NodeTask, x: Any) -> Scores:
    """Scores ``(m, c)`` of rows by the coefficients of :func:`linear_arrays`."""
    columns = []
    for own in by_estimator(arrays):
        if "coef" not in own:
            probability = np.ones((len(x), 1))
        else:
            logits = x @ own["coef"].T + own["intercept"]
            if task.kind == "regression":
                columns.append(logits)
                continue
            probability = (
                softmax(logits, axis=1)
                if logits.shape[1] > 1
                else np.column_stack([expit(-logits), expit(logits)])
            )
        columns.append(_placed(probability, own["classes"], task))
    return np.concatenate(columns, axis=1)


def forest_arrays(estimators: list[Any]) -> Arrays:
    """Nodes of all trees of forests, one forest after the other."""
    arrays: Arrays = {}
    for number, forest in enumerate(estimators):
        if hasattr(forest, "classes_"):
            arrays[f"{number}.classes"] = forest.classes_.astype(np.int64)
        if not hasattr(forest, "estimators_"):
            continue
        trees = [each.tree_ for each in forest.estimators_]
        starts = np.cumsum([0, *(tree.node_count for tree in trees)])
        for side in ("left", "right"):
            children = [
                np.where(child >= 0, child + start, np.arange(len(child)) + start)
                for tree, start in zip(trees, starts, strict=False)
                for child in [getattr(tree, f"children_{side}")]
            ]
            arrays[f"{number}.{side}"] = np.concatenate(children).astype(np.int32)
        feature = np.concatenate([tree.feature for tree in trees])
        arrays[f"{number}.feature"] = np.maximum(feature, 0).astype(np.int32)
        arrays[f"{number}.threshold"] = np.concatenate([tree.threshold for tree in trees])
        value = np.concatenate([tree.value[:, 0] for tree in trees])
        arrays[f"{number}.value"] = value.astype(np.float32)
        arrays[f"{number}.roots"] = starts[:-1]
        arrays[f"{number}.depth"] = np.array([max(tree.max_depth for tree in trees)])
    return arrays


def forest_scores(arrays: Mapping[str, NDArray[Any]], task: NodeTask, x: Any) -> Scores:
    """Scores ``(m, c)`` of rows by the trees of :func:`forest_arrays`."""
    columns = []
    for own in by_estimator(arrays):
        if "roots" not in own:
            columns.append(_placed(np.ones((len(x), 1)), own["classes"], task))
            continue
        place = np.tile(own["roots"], (len(x), 1))
        rows = np.arange(len(x))[:, None]
        for _ in range(int(own["depth"][0])):  # a leaf is its own child
            below = x[rows, own["feature"][place]] <= own["threshold"][place]
            place = np.where(below, own["left"][place], own["right"][place])
        value = own["value"][place].astype(np.float64)
        if task.kind == "regression":
            columns.append(value.mean(axis=1))
            continue
        shares = value / value.sum(axis=2, keepdims=True)
        columns.append(_placed(shares.mean(axis=1), own["classes"], task))
    return np.concatenate(columns, axis=1)


def by_estimator(arrays: Mapping[str, NDArray[Any]]) -> list[Arrays]:
    """Arrays of each estimator, by names without its number."""
    count = 1 + max(int(key.partition(".")[0]) for key in arrays)
    return [
        {key.partition(".")[2]: v for key, v in arrays.items() if key.startswith(f"{number}.")}
        for number in range(count)
    ]


def _placed(probability: Scores, classes: NDArray[np.int64], task: NodeTask) -> Scores:
    """Put the probabilities of the classes that training knew where all classes stand."""
    if task.kind == "multi-label":
        column: Scores = probability[:, classes == 1].sum(axis=1, keepdims=True)
        return column
    scores = np.zeros((len(probability), len(task.outputs)))
    scores[:, classes] = probability
    return scores
