"""Whole shapes from one view, from true masks: what each way of completing them is worth.

Compares with the true meshes on the stored val scenes (GEOFRAME_DATA). A finished run adds what it
finds by itself: centres, boxes and shapes of its own masks; one of ``reconstruction`` its fields.

    python benchmarks/shapes.py --scenes 60 --part val64 [--run RUN]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import attrs
import numpy as np

from geoframe import open_run
from geoframe_dreamup3d.classical.boxes import upright_box
from geoframe_dreamup3d.classical.completion import carve, reflected
from geoframe_dreamup3d.datasets.stored import StoredTabletop
from geoframe_dreamup3d.evaluation import SURFACE_POINTS, sample_mesh, score_shapes, views_of
from geoframe_dreamup3d.generator.collections import shapes_of
from geoframe_dreamup3d.measures.geometry import box_surface, shape_error
from geoframe_dreamup3d.objects import complete_all, object_of
from geoframe_dreamup3d.reconstruction.backend import ReconstructionBackend
from geoframe_dreamup3d.table.view import view_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--part", default="val64", choices=["val64", "val128"])
    parser.add_argument("--run", type=Path)
    asked = parser.parse_args()
    scenes = StoredTabletop(part=asked.part, scenes=asked.scenes).load()
    models = {each.name: each for each in shapes_of(["ycb19"])}
    fields = None
    backend = open_run(asked.run).load().backend if asked.run else None
    if isinstance(backend, ReconstructionBackend):
        model = backend.model
        model.options = attrs.evolve(model.options, shapes="fields")
        fields = ReconstructionBackend(model)
    found = defaultdict(list)
    truth = scenes.truth
    assert truth is not None
    for i in range(len(scenes)):
        view, labels = view_of(scenes, i), truth.segmentation[i].astype(np.int32)
        carved = complete_all(view, labels)
        drawn = fields.complete(view, labels) if fields else carved
        for j, (each, other) in enumerate(zip(carved, drawn, strict=True)):
            generator = np.random.default_rng([i, j])
            model, pose = models[truth.models[truth.objects[i, j]]], truth.poses[i, j]
            surface = model.surface(SURFACE_POINTS, generator) @ pose[:3, :3].T + pose[:3, 3]
            points = view.points[labels == j + 1]
            box = upright_box(points)
            mirrored = object_of(view, labels, j + 1, carve(view, box, symmetric=True))
            clouds = {
                "visible points": points,
                "with their reflection": np.concatenate([points, reflected(points, box)]),
                "upright box": box_surface(box, SURFACE_POINTS, generator),
                "carved box": sample_mesh(each, SURFACE_POINTS, generator),
                "carved on both sides": sample_mesh(mirrored, SURFACE_POINTS, generator),
            }
            if fields:
                clouds["fields"] = sample_mesh(other, SURFACE_POINTS, generator)
            for name, cloud in clouds.items():
                error = shape_error(cloud, surface)
                found[name].append((error.chamfer_l1_mm, error.f_score_1cm))
    for name, rows in found.items():
        chamfer, f = np.mean(rows, axis=0)
        print(f"{name:24} CD-L1 {chamfer:6.2f} mm   F@1cm {f:.3f}   ({len(rows)} objects)")
    if backend:
        views = views_of(scenes, len(scenes))
        scores = score_shapes(scenes, views, models, backend.segment, completion=backend.complete)
        for name, value in scores.means().items():
            print(f"masks of {backend.name}: {name:24} {value:.3f}   ({len(scores.rows)} objects)")


if __name__ == "__main__":
    main()
