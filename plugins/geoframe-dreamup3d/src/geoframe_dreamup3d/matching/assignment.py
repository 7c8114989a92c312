"""Which object of one image is which of another. Torch-free."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from geoframe_data.scenes import Scenes
from geoframe_dreamup3d.objects import SceneObject
from geoframe_dreamup3d.table.view import View, view_of

Describe = Callable[[View, NDArray[np.int32], Sequence[SceneObject]], NDArray[np.floating]]
"""From an image, its labels and its objects to one descriptor each ``(n, d)``."""


def assign(a: NDArray[np.floating], b: NDArray[np.floating]) -> list[tuple[int, int, float]]:
    """Assign descriptors ``(n, d)`` to ``(m, d)`` so that the sum of distances is least.

    Returns
    -------
    list
        Pairs with their distance; the shorter list is used up.
    """
    cost = cdist(a, b)
    rows, columns = linear_sum_assignment(cost)
    return [(int(i), int(j), float(cost[i, j])) for i, j in zip(rows, columns, strict=True)]


@attrs.frozen
class MatchingScore:
    """How often objects were known again."""

    accuracy: float
    """Share of the objects shown in both images of a pair that were assigned to each other."""
    chance: float
    """What assignments at random would reach on the same pairs."""
    pairs: int
    """Objects shown in both images, summed over pairs of images."""


def pairs_of_scenes(scenes: Scenes, most: int) -> list[tuple[int, int]]:
    """Pairs of scenes that share at least two models, each scene used once."""
    truth = scenes.truth
    if truth is None or truth.objects is None:
        return []
    shown = [set(row[row >= 0].tolist()) for row in truth.objects]
    free = list(range(len(scenes)))
    found: list[tuple[int, int]] = []
    while free and len(found) < most:
        i = free.pop(0)
        j = next((j for j in free if len(shown[i] & shown[j]) >= 2), None)
        if j is not None:
            free.remove(j)
            found.append((i, j))
    return found


def score_matching(
    scenes: Scenes,
    pairs: Sequence[tuple[int, int]],
    complete: Callable[[View, NDArray[np.int32]], Sequence[SceneObject]],
    describe: Describe,
) -> MatchingScore | None:
    """Assign the objects of pairs of images, found by their true masks, to each other."""
    truth = scenes.truth
    if truth is None or truth.objects is None or not pairs:
        return None
    right, total, chance = 0, 0, 0.0
    for pair in pairs:
        descriptors, models = [], []
        for i in pair:
            view = view_of(scenes, i)
            present = [j for j in np.unique(truth.segmentation[i]) if j > 0]
            table = np.zeros(256, dtype=np.int32)
            table[present] = np.arange(1, len(present) + 1)
            labels = table[truth.segmentation[i]]
            found = complete(view, labels)
            descriptors.append(describe(view, labels, found))
            models.append([int(truth.objects[i, j - 1]) for j in present])
        common = set(models[0]) & set(models[1])
        matched = [(models[0][a], models[1][b]) for a, b, _ in assign(*descriptors)]
        right += sum(a == b for a, b in matched)
        total += len(common)
        # A random assignment of n to m objects hits each common one with probability 1 / max(n, m).
        chance += len(common) / max(len(models[0]), len(models[1]))
    return MatchingScore(right / total, chance / total, total)


def codes(
    view: View, labels: NDArray[np.int32], objects: Sequence[SceneObject]
) -> NDArray[np.floating]:
    """Latent codes of a trained model; the objects must have them."""
    return np.stack([each.code for each in objects if each.code is not None])
