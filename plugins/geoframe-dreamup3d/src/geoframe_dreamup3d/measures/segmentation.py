"""How well labels of pixels agree with true objects. Torch-free."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Labels = NDArray[np.integer]


def contingency(a: Labels, b: Labels) -> NDArray[np.int64]:
    """Count the pixels of every pair of labels: rows are those of ``a``, columns those of ``b``."""
    _, i = np.unique(a, return_inverse=True)
    _, j = np.unique(b, return_inverse=True)
    rows, columns = int(i.max(initial=-1)) + 1, int(j.max(initial=-1)) + 1
    counts = np.bincount(i.ravel() * columns + j.ravel(), minlength=rows * columns)
    return counts.reshape(rows, columns)


def adjusted_rand(a: Labels, b: Labels) -> float:
    """Adjusted Rand index of two labellings (Hubert and Arabie 1985); 1 if both are trivial."""
    counts = contingency(a, b).astype(np.float64)

    def pairs(sizes: NDArray[np.float64]) -> float:
        return float((sizes * (sizes - 1) / 2).sum())

    n = counts.sum()
    together, first, second = pairs(counts), pairs(counts.sum(1)), pairs(counts.sum(0))
    expected = first * second / max(1.0, n * (n - 1) / 2)
    most = (first + second) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def ari_foreground(predicted: Labels, true: Labels) -> float:
    """ARI over the pixels of true objects; a pixel without a predicted object counts as one label.

    NaN for fewer than two true objects, where the index says nothing.
    """
    inside = true > 0
    if len(np.unique(true[inside])) < 2:
        return float("nan")
    return adjusted_rand(predicted[inside], true[inside])


def background_iou(predicted: Labels, true: Labels) -> float:
    """Intersection over union of the pixels without an object; 1 if there are none at all."""
    a, b = predicted == 0, true == 0
    union = int((a | b).sum())
    return float((a & b).sum() / union) if union else 1.0


def pairwise_iou(predicted: Labels, true: Labels, count: int) -> NDArray[np.float64]:
    """IoU of true objects 1..count (rows) with predicted objects 1.. (columns)."""
    others = int(predicted.max(initial=0))
    table = np.bincount(
        (true.ravel().astype(np.int64) * (others + 1) + predicted.ravel()),
        minlength=(count + 1) * (others + 1),
    ).reshape(-1, others + 1)[: count + 1]
    both = table[1:, 1:]
    union = table[1:].sum(1, keepdims=True) + table[:, 1:].sum(0, keepdims=True) - both
    return np.asarray(both / np.maximum(union, 1))


def mean_segmentation_covering(predicted: Labels, true: Labels) -> float:
    """Mean over true objects of the best IoU with any predicted one; NaN without true objects."""
    present = np.unique(true[true > 0])
    if not len(present):
        return float("nan")
    table = pairwise_iou(predicted, true, int(true.max()))[present - 1]
    return float(table.max(1).mean()) if table.shape[1] else 0.0


def matched(predicted: Labels, true: Labels, *, least: float = 0.5) -> list[tuple[int, int, float]]:
    """Pairs (true object, predicted object, IoU), counted from 0, of the best assignment.

    Parameters
    ----------
    least
        IoU from which on a pair counts.
    """
    table = pairwise_iou(predicted, true, int(true.max(initial=0)))
    if not table.size:
        return []
    rows, columns = linear_sum_assignment(-table)
    return [
        (int(i), int(j), float(table[i, j]))
        for i, j in zip(rows, columns, strict=True)
        if table[i, j] >= least
    ]


def touching(
    points: NDArray[np.floating], true: Labels, *, gap: float = 0.015, most: int = 400
) -> bool:
    """Whether two true objects' visible points come nearer than ``gap`` metres."""
    from scipy.spatial import cKDTree

    clouds = [points[true == label] for label in np.unique(true[true > 0])]
    trees = [cKDTree(cloud[:: max(1, len(cloud) // most)]) for cloud in clouds]
    return any(
        bool(np.isfinite(trees[i].query(clouds[j], distance_upper_bound=gap)[0]).any())
        for i in range(len(clouds))
        for j in range(i)
    )
