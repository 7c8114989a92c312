"""Masks by votes against Euclidean clusters at their best radius, over seeds.

Trained on the stored YCB scenes, or on meshes and blobs that the test scenes do not show; tested
on val64, val128 and scenes of other models, as they are and with sensor noise. Finished runs are
measured without a training. Needs GEOFRAME_DATA.

    python benchmarks/segmentation.py --seeds 3 --training seen unseen
    python benchmarks/segmentation.py --runs runs/seed0 runs/seed1
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import numpy as np

from geoframe import open_run, run_method
from geoframe_dreamup3d.data import TestSet
from geoframe_dreamup3d.datasets.generated import GeneratedTabletop
from geoframe_dreamup3d.datasets.stored import StoredTabletop
from geoframe_dreamup3d.report import measure

TRAINING: dict[str, dict[str, Any]] = {
    "seen": {"name": "rgbd-tabletop", "part": "train64"},
    "unseen": {
        "name": "tabletop-generated",
        "scenes": 2000,
        "shapes": ["ycb_more46", "blobs"],
        "seed": 7,
    },
}
TESTS: dict[str, dict[str, Any]] = {
    "val64": {"name": "rgbd-tabletop", "part": "val64"},
    "val128": {"name": "rgbd-tabletop", "part": "val128"},
    "more46": {
        "name": "tabletop-generated",
        "scenes": 80,
        "shapes": ["ycb_more46"],
        "seed": 11,
    },
}
"""What is measured on: 19 YCB models, and 46 others, tools and cutlery among them."""
PREFIXES = ("", "test2_", "test3_")
"""Of the metrics of each."""
SHOWN = (
    "ari_fg",
    "ari_fg_touching",
    "msc",
    "ari_fg_noisy",
    "ari_fg_touching_noisy",
    "dbscan_ari_fg",
    "dbscan_ari_fg_touching",
    "dbscan_ari_fg_noisy",
)


def train(training: str, seed: int, steps: int, folder: Path) -> dict[str, Any]:
    config = {
        "seed": seed,
        "data": {"dataset": TRAINING[training], "tests": list(TESTS.values())},
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


def measure_run(path: Path) -> dict[str, Any]:
    """Measure the masks of a finished run on all test sets."""
    run = open_run(path)
    backend = run.load().backend
    masks = attrs.evolve(run.config.evaluation, shapes=0, matching=0)
    config = attrs.evolve(run.config, evaluation=masks)
    metrics: dict[str, Any] = {}
    for prefix, (name, table) in zip(PREFIXES, TESTS.items(), strict=True):
        options = {key: value for key, value in table.items() if key != "name"}
        kind = StoredTabletop if "part" in options else GeneratedTabletop
        test = TestSet(name=name, scenes=kind(**options).load())
        measured, _ = measure(config, test, backend)
        metrics |= {f"{prefix}{key}": value for key, value in measured.items()}
    return metrics


def show(training: str, rows: list[dict[str, Any]]) -> None:
    """Print means and deviations over seeds."""
    for prefix, test in zip(PREFIXES, TESTS, strict=True):
        for name in SHOWN:
            values = np.array([row[prefix + name] for row in rows])
            print(f"{training:7} {test:7} {name:24} {values.mean():.3f} ± {values.std():.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--runs", nargs="+", type=Path, help="finished runs, measured instead")
    parser.add_argument("--training", nargs="+", default=list(TRAINING), choices=list(TRAINING))
    asked = parser.parse_args()
    if asked.runs:
        show("runs", [measure_run(path) for path in asked.runs])
        return
    with TemporaryDirectory() as folder:
        for training in asked.training:
            rows = []
            for seed in range(asked.seeds):
                rows.append(train(training, seed, asked.steps, Path(folder)))
                print(json.dumps({"training": training, "seed": seed, **rows[-1]}), flush=True)
            show(training, rows)
            for name in ("centre_error_cm_median", "chamfer_mm", "f_score_1cm"):
                print(f"{training:7} val64   {name:24} {rows[0][name]:.3f} (seed 0)")
            seconds = np.array([row["cpu_seconds"] for row in rows])
            print(f"{training:7} CPU seconds, all told    {seconds.mean():.0f}")


if __name__ == "__main__":
    main()
