"""Bench B: a coloured mesh as voxels, from an exact prior of its views: one line a method.

    python benchmarks/scenes.py --seed 0 --methods auto,sds,sdi [--details 4] [--steps 240]

Needs GEOFRAME_DATA (the mesh Spot). ``fit`` fits the scene to true renders of one colouring: the
best that is to be had. Printed: PSNR to the nearest mode on 16 unseen cameras, share of the views
on the commonest mode, power of high frequencies by that of true renders, prior calls, CPU seconds.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import torch
from torch import Tensor

import geoframe
from geoframe.training.denormals import flushed_denormals
from geoframe_sdi import ScoreDistillation
from geoframe_sdi.measures import agreement, high_frequency, psnr
from geoframe_sdi.objective import in_turn
from geoframe_sdi.scenes.cameras import random_orbit, turntable

SIZE = 32
SHAPE = (3, SIZE, SIZE)
LEVELS = {"timing": "linear", "t_max": 0.98, "t_min": 0.1, "scale": 1.0}
METHODS: dict[str, dict[str, Any]] = {
    "auto": {},
    "sds": {},
    "sdi": {},
    "ism": {},
    "sds-0.3": {"name": "sds", "noise_scale": 0.3},
    "sds-0": {"name": "sds", "noise_scale": 0.0},
    "sdi-half": {"name": "sdi", "true_noise": 0.5},
    "sdi-amortised": {"name": "sdi", "refresh_every": 4, "inversion_steps": 4},
    "ism-amortised": {"name": "ism", "refresh_every": 4},
}
ACTIVE = 16
"""Cameras in use at a time where targets are kept."""
DISTANCE, OPENED = (1.8, 2.2), (45.0, 55.0)


def distil(method: str, prior: Any, asked: argparse.Namespace) -> tuple[Any, float]:
    torch.manual_seed(asked.seed)
    generator = torch.Generator().manual_seed(asked.seed)
    cameras = random_orbit(asked.cameras, generator, distance=DISTANCE, field_of_view=OPENED)
    given: dict[str, Any] = {"in_features": 7, "out_features": 3 * SIZE * SIZE}
    scene = geoframe.build("embedder", "voxel-grid", resolution=40, radius=asked.radius, **given)
    options: dict[str, Any] = {"name": method, **LEVELS, **METHODS.get(method, {})}
    loss: ScoreDistillation | None = None
    if method != "fit":
        given = {"views": len(cameras), "item_shape": SHAPE, "coupled": True}
        loss = ScoreDistillation(prior, **options, **given)
    optimizer = torch.optim.Adam(scene.parameters(), lr=asked.rate, fused=True)
    for index in range(asked.steps):
        row = torch.randint(len(cameras), (1,))
        if every := options.get("refresh_every"):
            row = in_turn(row, index, ACTIVE, every, len(cameras))
        images = scene(cameras[row]).reshape(-1, *SHAPE)
        if loss is None:
            error: Tensor = (images - prior.renders(cameras[row])[:, 0]).square().mean()
        else:
            error = loss(images, index / asked.steps, cameras[row], views=row)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
    return scene.eval(), 0.0 if loss is None else float(loss.calls)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--methods", default="auto,sds,sdi")
    parser.add_argument("--details", type=int, default=1)
    parser.add_argument("--steps", type=int, default=240)
    parser.add_argument("--rate", type=float, default=0.2)
    parser.add_argument("--radius", type=float, default=0.8)
    parser.add_argument("--cameras", type=int, default=240)
    asked = parser.parse_args()
    prior = geoframe.build("sampler", "mesh-views", dataset=True, details=asked.details)
    unseen = turntable(16, elevation=15.0, distance=2.0, field_of_view=50.0)
    modes = prior.renders(unseen)
    real = high_frequency(modes.flatten(0, 1))
    for method in asked.methods.split(","):
        begun = time.process_time()
        with flushed_denormals():
            scene, calls = distil(method, prior, asked)
        spent = time.process_time() - begun
        with torch.no_grad():
            views = scene(unseen).reshape(-1, *SHAPE)
        best = psnr(modes, views[:, None]).max(1)
        print(
            f"modes {prior.modes} seed {asked.seed} {method}: PSNR {float(best.values.mean()):.2f} "
            f"agreement {agreement(best.indices):.2f} HF {high_frequency(views) / real:.3f} "
            f"calls {calls:.0f} cpu {spent:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
