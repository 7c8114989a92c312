"""Masks by votes against Euclidean clusters at their best radius, over seeds.

Trained on the stored YCB scenes, or on meshes and blobs that the test scenes do not show; tested
on val64 and val128, as they are and with sensor noise. Needs GEOFRAME_DATA.

    python benchmarks/segmentation.py --seeds 3 --training seen unseen
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from geoframe import run_method

TRAINING: dict[str, dict[str, Any]] = {
    "seen": {"name": "rgbd-tabletop", "part": "train64"},
    "unseen": {
        "name": "tabletop-generated",
        "scenes": 2000,
        "shapes": ["ycb_more46", "blobs"],
        "seed": 7,
    },
}
TESTS = [{"name": "rgbd-tabletop", "part": "val64"}, {"name": "rgbd-tabletop", "part": "val128"}]
SHOWN = (
    "ari_fg",
    "ari_fg_touching",
    "msc",
    "ari_fg_noisy",
    "dbscan_ari_fg",
    "dbscan_ari_fg_touching",
    "dbscan_ari_fg_noisy",
)


def measure(training: str, seed: int, steps: int, folder: Path) -> dict[str, Any]:
    config = {
        "seed": seed,
        "data": {"dataset": TRAINING[training], "tests": TESTS},
        "trainer": {"steps": steps, "precision": "bf16"},
        "evaluation": {
            "models": ["ycb19"],
            "shapes": 40 if seed == 0 else 0,
            "matching": 0,
            "pictures": 0,
        },
    }
    started = time.process_time()
    run = run_method("dreamup3d", config, path=folder / f"{training}-{seed}")
    metrics: dict[str, Any] = run.results["metrics"]
    return {**metrics, "cpu_seconds": time.process_time() - started}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--training", nargs="+", default=list(TRAINING), choices=list(TRAINING))
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        for training in asked.training:
            rows = []
            for seed in range(asked.seeds):
                rows.append(measure(training, seed, asked.steps, Path(folder)))
                print(json.dumps({"training": training, "seed": seed, **rows[-1]}), flush=True)
            for prefix, test in (("", "val64"), ("test2_", "val128")):
                for name in SHOWN:
                    values = np.array([row[prefix + name] for row in rows])
                    print(
                        f"{training:7} {test:7} {name:24} {values.mean():.3f} ± {values.std():.3f}"
                    )
            for name in ("centre_error_cm_median", "chamfer_mm", "f_score_1cm"):
                print(f"{training:7} val64   {name:24} {rows[0][name]:.3f} (seed 0)")
            seconds = np.array([row["cpu_seconds"] for row in rows])
            print(f"{training:7} CPU seconds, all told    {seconds.mean():.0f}")


if __name__ == "__main__":
    main()
