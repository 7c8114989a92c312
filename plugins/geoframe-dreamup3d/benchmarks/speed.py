"""CPU milliseconds of masks and of the whole pipeline, one thread, each back end untrained or not.

Weights do not change the time of a network, but what it finds does: give finished runs to measure
trained ones. At 64 pixels scenes are the stored ones (GEOFRAME_DATA); larger ones are made up.

    OMP_NUM_THREADS=1 python benchmarks/speed.py [RUN ...]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import torch

from geoframe import open_run
from geoframe_data.scenes import Scenes
from geoframe_dreamup3d.backends import Backend, ClassicalBackend
from geoframe_dreamup3d.datasets.stored import StoredTabletop
from geoframe_dreamup3d.generator.collections import shapes_of
from geoframe_dreamup3d.generator.noise import SensorNoise
from geoframe_dreamup3d.generator.scenes import SceneOptions, generate
from geoframe_dreamup3d.objects import describe
from geoframe_dreamup3d.table.view import view_of


def seen_by_sensor(n: int, w: int, h: int) -> Scenes:
    """Scenes of ``w x h`` pixels with sensor noise, cameras unknown."""
    options = SceneOptions(size=w, objects=(4, 4), noise=SensorNoise())
    scenes = generate(shapes_of(["blobs"], count=12), n, options, seed=0)
    top = (w - h) // 2
    rows = slice(top, top + h)
    return attrs.evolve(
        scenes,
        rgb=scenes.rgb[:, rows],
        depth=scenes.depth[:, rows],
        intrinsics=scenes.intrinsics - np.array([0, 0, 0, top]),
        cameras=None,
        truth=None,
    )


def milliseconds(work: Callable[[int], object], n: int) -> float:
    work(0)
    started = time.process_time()
    for i in range(n):
        work(i)
    return 1000 * (time.process_time() - started) / n


def main(runs: list[str]) -> None:
    torch.set_num_threads(1)
    backends: dict[str, Backend] = {"classical": ClassicalBackend()}
    for path in runs:
        backend = open_run(Path(path)).load().backend
        backends[backend.name] = backend
    for size, scenes in (
        ("64x64", StoredTabletop(part="val64", scenes=20).load()),
        ("640x480", seen_by_sensor(4, 640, 480)),
        ("1280x720", seen_by_sensor(2, 1280, 720)),
    ):
        n = len(scenes)
        views = [view_of(scenes, i) for i in range(n)]
        for name, each in backends.items():
            masks = milliseconds(lambda i, e=each, v=views: e.segment(v[i]), n)
            whole = milliseconds(
                lambda i, e=each, s=scenes: describe(view_of(s, i), e.segment, e.complete), n
            )
            print(f"{size:8} {name:15} masks {masks:6.1f} ms   whole {whole:6.1f} ms", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
