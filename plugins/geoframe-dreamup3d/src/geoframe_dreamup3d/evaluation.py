"""What a run measures: masks, places, boxes and shapes against the truth. Torch-free."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_data.scenes import Scenes
from geoframe_dreamup3d.classical.boxes import Box, upright_box
from geoframe_dreamup3d.classical.clustering import segment_by_distance
from geoframe_dreamup3d.generator.meshes import surface_points
from geoframe_dreamup3d.generator.shapes import Shape
from geoframe_dreamup3d.measures.geometry import (
    box_iou,
    box_surface,
    rotation_error,
    shape_error,
)
from geoframe_dreamup3d.measures.segmentation import (
    ari_foreground,
    background_iou,
    matched,
    mean_segmentation_covering,
    touching,
)
from geoframe_dreamup3d.objects import Completion, SceneObject, Segmenter, complete_all
from geoframe_dreamup3d.table.view import View, view_of

SURFACE_POINTS = 4096
"""Points that stand for a surface when shapes are compared."""


@attrs.frozen(eq=False, kw_only=True)
class SegmentationScores:
    """Measures of each scene ``(n,)``."""

    ari_fg: NDArray[np.float64]
    msc: NDArray[np.float64]
    bg_iou: NDArray[np.float64]
    touching: NDArray[np.bool_]
    """Whether visible points of two true objects come nearer than 15 mm."""
    milliseconds: float
    """CPU time of one scene, of this process, from the view to its labels."""

    def means(self) -> dict[str, float | None]:
        """Means over scenes; over those whose objects touch, and over the others, for ARI."""
        return {
            "ari_fg": _mean(self.ari_fg),
            "ari_fg_touching": _mean(self.ari_fg[self.touching]),
            "ari_fg_apart": _mean(self.ari_fg[~self.touching]),
            "msc": _mean(self.msc),
            "bg_iou": _mean(self.bg_iou),
            "milliseconds": self.milliseconds,
        }


def views_of(scenes: Scenes, most: int) -> list[View]:
    """Views of the first ``most`` scenes."""
    return [view_of(scenes, i) for i in range(min(most, len(scenes)))]


def touching_scenes(scenes: Scenes) -> NDArray[np.bool_]:
    """Whether visible points of two true objects come nearer than 15 mm ``(n,)``."""
    assert scenes.truth is not None
    pairs = zip(scenes.points(), scenes.truth.segmentation, strict=True)
    return np.array([touching(points, labels) for points, labels in pairs], dtype=bool)


def score_segmentation(
    scenes: Scenes, views: Sequence[View], segment: Segmenter, touch: NDArray[np.bool_]
) -> SegmentationScores:
    """Label every view and compare with the scenes' masks.

    Parameters
    ----------
    touch
        In which scenes objects touch, as :func:`touching_scenes` tells of exact depth.
    """
    assert scenes.truth is not None
    started = time.process_time()
    labels = [segment(view) for view in views]
    spent = time.process_time() - started
    truth = scenes.truth.segmentation
    pairs = list(zip(labels, truth, strict=False))
    return SegmentationScores(
        ari_fg=np.array([ari_foreground(a, b) for a, b in pairs]),
        msc=np.array([mean_segmentation_covering(a, b) for a, b in pairs]),
        bg_iou=np.array([background_iou(a, b) for a, b in pairs]),
        touching=touch[: len(views)],
        milliseconds=1000 * spent / max(1, len(views)),
    )


def best_dbscan(
    scenes: Scenes, views: Sequence[View], touch: NDArray[np.bool_]
) -> tuple[float, SegmentationScores]:
    """Euclidean clustering at the radius that is best for these very scenes: a hard rival.

    Returns
    -------
    tuple
        Radius in metres, and the scores.
    """
    candidates = [
        (eps, score_segmentation(scenes, views, _clusters(eps), touch))
        for eps in (0.006, 0.008, 0.01, 0.0125, 0.015, 0.02)
    ]
    return max(candidates, key=lambda each: np.nanmean(each[1].ari_fg))


def _clusters(eps: float) -> Segmenter:
    return lambda view: segment_by_distance(view, eps=eps)


@attrs.frozen(eq=False, kw_only=True)
class ShapeScores:
    """Measures of objects, one row each."""

    rows: Sequence[Mapping[str, float]]

    def means(self) -> dict[str, float | None]:
        """Means over objects; medians for the location."""
        keys = [key for key in (self.rows[0] if self.rows else {}) if key != "scene"]
        found: dict[str, float | None] = {
            key: _mean(np.array([row[key] for row in self.rows])) for key in keys
        }
        if self.rows:
            errors = np.array([row["centre_error_cm"] for row in self.rows])
            found["centre_error_cm_median"] = float(np.median(errors))
        return found


def score_shapes(
    scenes: Scenes,
    views: Sequence[View],
    models: Mapping[str, Shape],
    segment: Segmenter | None,
    *,
    completion: Completion = complete_all,
) -> ShapeScores:
    """Compare completed shapes, and boxes, with the true meshes in their true poses.

    Parameters
    ----------
    models
        Meshes by the names of the scenes' models.
    segment
        What separates the objects; None takes the true masks. Objects found with an IoU of at
        least one half are compared.
    """
    truth = scenes.truth
    assert truth is not None
    assert truth.poses is not None
    assert truth.objects is not None
    rows = []
    for i, view in enumerate(views):
        labels = truth.segmentation[i].astype(np.int32) if segment is None else segment(view)
        pairs = matched(labels, truth.segmentation[i])
        found = completion(view, labels)
        for j, k, _ in pairs:
            name = truth.models[truth.objects[i, j]] if truth.objects[i, j] >= 0 else ""
            if name in models:
                generator = np.random.default_rng([i, j])
                rows.append(
                    {
                        "scene": float(i),
                        **_compare(found[k], models[name], truth.poses[i, j], generator),
                    }
                )
    return ShapeScores(rows=rows)


def _compare(
    found: SceneObject,
    model: Shape,
    pose: NDArray[np.float64],
    generator: np.random.Generator,
) -> dict[str, float]:
    surface = model.surface(SURFACE_POINTS, generator) @ pose[:3, :3].T + pose[:3, 3]
    corners = model.hull @ pose[:3, :3].T + pose[:3, 3]
    low, high = found.shape.bounds()
    centre = (corners.min(0) + corners.max(0)) / 2
    mesh = shape_error(sample_mesh(found, SURFACE_POINTS, generator), surface)
    upright = upright_box(corners, top=100)
    box = shape_error(box_surface(found.box, SURFACE_POINTS, generator), surface)
    return {
        "centre_error_cm": 100 * float(np.linalg.norm((low + high) / 2 - centre)),
        "box_centre_error_cm": 100 * float(np.linalg.norm(_middle(found.box) - centre)),
        "chamfer_mm": mesh.chamfer_l1_mm,
        "f_score_1cm": mesh.f_score_1cm,
        "box_chamfer_mm": box.chamfer_l1_mm,
        "box_f_score_1cm": box.f_score_1cm,
        "box_iou": box_iou(found.box, upright),
        "box_angle_degrees": rotation_error(found.box.rotation, upright.rotation),
    }


def _middle(box: Box) -> NDArray[np.float64]:
    corners = box.corners()
    return np.asarray((corners.min(0) + corners.max(0)) / 2)


def sample_mesh(found: SceneObject, n: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw points ``(n, 3)`` evenly from an object's mesh."""
    return surface_points(found.mesh.vertices, found.mesh.faces, n, generator)


def _mean(values: NDArray[np.floating[Any]]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
