"""What a run reports: measures beside those of Euclidean clusters, objects, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from geoframe import Result, Training
from geoframe.run.directory import Run
from geoframe.run.resources import peak_memory_mib
from geoframe_data.scenes import Scenes
from geoframe_dreamup3d.backends import Backend
from geoframe_dreamup3d.classical.clustering import segment_by_distance, segment_by_pixels
from geoframe_dreamup3d.config import DreamUp3DConfig
from geoframe_dreamup3d.data import Data, TestSet, with_noise
from geoframe_dreamup3d.evaluation import (
    SegmentationScores,
    best_dbscan,
    score_segmentation,
    score_shapes,
    touching_scenes,
    views_of,
)
from geoframe_dreamup3d.figures import scenes_figure
from geoframe_dreamup3d.generator.collections import shapes_of
from geoframe_dreamup3d.matching.assignment import (
    Describe,
    codes,
    pairs_of_scenes,
    score_matching,
)
from geoframe_dreamup3d.matching.descriptors import colours_and_extents
from geoframe_dreamup3d.matching.relative_pose import score_relative_poses
from geoframe_dreamup3d.objects import Segmenter, describe

NOISE_SEED = 1
"""Seed of the sensor noise that test scenes are measured with too."""

CLASSICAL: dict[str, Segmenter] = {
    "DBSCAN, own radius": segment_by_distance,
    "connected pixels": segment_by_pixels,
}
"""Rivals that nothing is learned or chosen for; the first is the classical back end."""

Metrics = dict[str, float | int | str | None]


def report(
    config: DreamUp3DConfig, data: Data, backend: Backend, training: Training | None, run: Run
) -> Result:
    """Measure a back end on all test sets and draw the first one's scenes, worst first."""
    metrics: Metrics = {}
    rows: list[dict[str, Any]] = []
    peers: dict[str, dict[str, Any]] = {}
    notes = [*data.train.repairs]
    if config.backend == "auto" and data.train.truth is None:
        notes.append("the scenes have no masks, so the network was trained on made up ones")
    if config.backend == "auto" and backend.name == "classical":
        notes.append("clusters did better than the trained network on the test scenes and are kept")
    first: SegmentationScores | None = None
    for k, test in enumerate(data.tests):
        prefix = "" if k == 0 else f"test{k + 1}_"
        if test.scenes.truth is None:
            notes.append(f"the test scenes '{test.name}' have no masks, so nothing was measured")
            continue
        measured, conditions = measure(config, test, backend)
        metrics |= {f"{prefix}{name}": value for name, value in measured.items()}
        for said, suffix, contenders in conditions:
            for name, score in contenders.items():
                means = score.means()
                rows.append({"scenes": test.name, "depth": said, "by": name, **means})
                if k == 0:
                    row = peers.setdefault(name, {"by": name})
                    row |= {f"{key}{suffix}": value for key, value in means.items()}
        first = conditions[0].contenders[backend.name] if k == 0 else first
    objects = draw(config, data.tests[0].scenes, first, backend, run)
    run.write_json("objects", objects)
    if training is not None:
        metrics |= {"epochs": training.epochs, "seconds": training.seconds}
    metrics["peak_memory_mib"] = peak_memory_mib()
    return Result(
        metrics=metrics,
        tables={"segmentation": rows, "peers": list(peers.values())},
        notes=notes,
        verdict=_answer(metrics),
        picture="worst_scenes",
    )


def _answer(metrics: Metrics) -> list[str]:
    """How masks and shapes came out on the first test set, beside Euclidean clusters."""
    said = []
    masks, clusters = metrics.get("ari_fg"), metrics.get("dbscan_ari_fg")
    if masks is not None and clusters is not None:
        said.append(
            f"Masks of objects agree with the true ones to {masks:.3f} (adjusted Rand index; 1 is "
            f"right); Euclidean clusters of the same points reach {clusters:.3f}."
        )
    shapes, boxes = metrics.get("chamfer_mm"), metrics.get("box_chamfer_mm")
    if shapes is not None and boxes is not None:
        said.append(
            f"Surfaces of whole objects are {shapes:.3g} mm off in the mean, their bounding boxes "
            f"{boxes:.3g} mm."
        )
    return said


class Condition(NamedTuple):
    """Test scenes as they are, or with sensor noise, and what everybody makes of them."""

    said: str
    suffix: str
    """Of the names of metrics."""
    contenders: dict[str, SegmentationScores]
    """The back end first, then those without learning."""


def measure(
    config: DreamUp3DConfig, test: TestSet, backend: Backend
) -> tuple[Metrics, list[Condition]]:
    """Measure masks, with and without sensor noise, and shapes, on one set of scenes."""
    scenes = test.scenes.select(range(min(config.evaluation.scenes, len(test.scenes))))
    noisy, touch = with_noise(scenes, NOISE_SEED), touching_scenes(scenes)
    metrics: Metrics = {}
    conditions: list[Condition] = []
    for suffix, said, each in (("", "as they are", scenes), ("_noisy", "sensor noise", noisy)):
        views = views_of(each, len(each))
        radius, rival = best_dbscan(each, views, touch)
        contenders = {backend.name: score_segmentation(each, views, backend.segment, touch)}
        contenders["DBSCAN, best radius"] = rival
        for name, segment in CLASSICAL.items():
            contenders[name] = score_segmentation(each, views, segment, touch)
        conditions.append(Condition(said, suffix, contenders))
        own = contenders[backend.name]
        metrics |= {f"{name}{suffix}": value for name, value in own.means().items()}
        metrics |= {
            f"dbscan_{name}{suffix}": value
            for name, value in rival.means().items()
            if name.startswith(("ari", "msc"))
        }
        metrics[f"dbscan_radius_mm{suffix}"] = 1000 * radius
        metrics["objects_touching"] = float(own.touching.mean())
    metrics |= measure_shapes(config, scenes, backend)
    metrics |= measure_matching(config, scenes, backend)
    return metrics, conditions


def measure_shapes(config: DreamUp3DConfig, scenes: Scenes, backend: Backend) -> Metrics:
    """Measure centres and shapes, with true masks and with found ones; empty without models."""
    truth = scenes.truth
    if not config.evaluation.models or not config.evaluation.shapes or truth is None:
        return {}
    if truth.poses is None:
        return {}
    models = {each.name: each for each in shapes_of(config.evaluation.models)}
    views = views_of(scenes, config.evaluation.shapes)
    metrics: Metrics = {}
    for name, segment in (("_true_masks", None), ("", backend.segment)):
        scores = score_shapes(scenes, views, models, segment, completion=backend.complete)
        metrics |= {f"{key}{name}": value for key, value in scores.means().items()}
        metrics[f"objects_compared{name}"] = len(scores.rows)
    return metrics


def measure_matching(config: DreamUp3DConfig, scenes: Scenes, backend: Backend) -> Metrics:
    """Measure how often objects are known again; empty if no two scenes share two models."""
    pairs = pairs_of_scenes(scenes, config.evaluation.matching)
    described: dict[str, Describe] = {"_colours": colours_and_extents}
    if backend.name == "reconstruction":
        described[""] = codes
    if config.evaluation.crops:
        from geoframe_dreamup3d.matching.lite0 import crop_features

        described["_crops"] = crop_features
    metrics: Metrics = {}
    for name, describe_objects in described.items():
        score = score_matching(scenes, pairs, backend.complete, describe_objects)
        if score is not None:
            metrics |= {f"matching{name}": score.accuracy, "matching_chance": score.chance}
            metrics["matching_pairs"] = score.pairs
    if config.evaluation.models:
        models = {each.name: each for each in shapes_of(config.evaluation.models)}
        moved = score_relative_poses(scenes, pairs, models, backend.complete)
        if moved is not None:
            metrics |= {"adds_success": moved.success, "adds_median": moved.median}
    return metrics


def draw(
    config: DreamUp3DConfig,
    scenes: Scenes,
    scores: SegmentationScores | None,
    backend: Backend,
    run: Run,
) -> Sequence[dict[str, Any]]:
    """Draw test scenes, worst first; return rows of their objects."""
    count = min(config.evaluation.pictures, len(scenes))
    order = np.arange(len(scenes)) if scores is None else np.argsort(scores.ari_fg, kind="stable")
    found, remarks = [], []
    rows: list[dict[str, Any]] = []
    for i in order[: max(count, 1)].tolist():
        view = views_of(scenes.select([i]), 1)[0]
        one = describe(view, backend.segment, backend.complete, name=scenes.name(i))
        rows += one.rows()
        found.append(one)
        ari = "" if scores is None else f", ARI-FG {scores.ari_fg[i]:.2f}"
        remarks.append(f"scene {scenes.name(i)}{ari}")
    if count:
        run.write_figure("worst_scenes", scenes_figure(found[:count], remarks[:count]))
    return [{key: _plain(value) for key, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
