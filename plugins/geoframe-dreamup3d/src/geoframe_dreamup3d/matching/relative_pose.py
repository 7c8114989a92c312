"""How an object was moved between two images, from its boxes and its looks. Torch-free.

Boxes of least volume say where an object's axes lie, but not which is which: 24 rotations of the
cube map one box to the other. The one whose coloured shapes agree best is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoframe_data.scenes import Scenes
from geoframe_dreamup3d.generator.shapes import Shape
from geoframe_dreamup3d.measures.geometry import add_s, cube_rotations
from geoframe_dreamup3d.objects import SceneObject
from geoframe_dreamup3d.table.view import View, view_of

COLOUR_WEIGHT = 0.05
"""Metres that the full range of a colour channel counts for."""
MOST_VERTICES = 400
"""Vertices of a mesh that are compared."""
SUCCESS = 0.1
"""Share of a model's diameter that ADD-S must stay below."""
MODEL_POINTS = 1000


def relative_pose(a: SceneObject, b: SceneObject) -> NDArray[np.float64]:
    """Motion ``(4, 4)``, in the table's frame, that takes object ``a`` to where ``b`` is."""
    inverse = np.linalg.inv(a.tight_box.pose)
    first, second = _described(a), _described(b)
    tree = cKDTree(second)
    best, least = np.eye(4), np.inf
    for rotation in cube_rotations():
        turn = np.eye(4)
        turn[:3, :3] = rotation
        motion = b.tight_box.pose @ turn @ inverse
        moved = first.copy()
        moved[:, :3] = first[:, :3] @ motion[:3, :3].T + motion[:3, 3]
        off = float(tree.query(moved)[0].mean())
        if off < least:
            best, least = motion, off
    return best


def _described(each: SceneObject) -> NDArray[np.float64]:
    stride = max(1, len(each.mesh.vertices) // MOST_VERTICES)
    colours = COLOUR_WEIGHT * each.mesh.colours / 255
    return np.concatenate([each.mesh.vertices, colours], 1)[::stride]


@attrs.frozen
class PoseScore:
    """How well motions between two images were told."""

    success: float
    """Share with ADD-S below a tenth of the model's diameter."""
    median: float
    """Median of ADD-S over the diameter."""
    objects: int


def score_relative_poses(
    scenes: Scenes,
    pairs: Sequence[tuple[int, int]],
    models: Mapping[str, Shape],
    complete: Callable[[View, NDArray[np.int32]], Sequence[SceneObject]],
) -> PoseScore | None:
    """Tell the motions of all models that both images of a pair show, found by true masks."""
    truth = scenes.truth
    if truth is None or truth.poses is None or truth.objects is None:
        return None
    ratios = []
    for pair in pairs:
        views = [view_of(scenes, i) for i in pair]
        found = [
            complete(view, truth.segmentation[i].astype(np.int32))
            for view, i in zip(views, pair, strict=True)
        ]
        for j, model in enumerate(truth.objects[pair[0]].tolist()):
            other = np.flatnonzero(truth.objects[pair[1]] == model)
            if model < 0 or not len(other) or truth.models[model] not in models:
                continue
            k = int(other[0])
            motion = relative_pose(found[0][j], found[1][k])
            first, second = truth.poses[pair[0], j], truth.poses[pair[1], k]
            points = models[truth.models[model]].surface(MODEL_POINTS, np.random.default_rng(model))
            diameter = float(np.linalg.norm(np.ptp(points, axis=0)))
            ratios.append(add_s(points, motion @ first, second) / diameter)
    if not ratios:
        return None
    values = np.array(ratios)
    return PoseScore(float((values < SUCCESS).mean()), float(np.median(values)), len(values))
