"""Peak memory of a training on a csv of many rows, held in memory and streamed from the disk.

Run: OMP_NUM_THREADS=1 python streaming.py [rows]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

INPUTS = 8
PIECE = 250_000
TRAIN = """
import sys, time
import geoframe
from geoframe.run.resources import peak_memory_mib
import torch, geoframe_pathways.fit
before = peak_memory_mib()
run = geoframe.run_method(
    "pathways",
    {
        "data": {
            "path": sys.argv[1],
            "target": "y",
            "stream": sys.argv[2] == "stream",
            "sample_rows": 50_000,
        },
        "pathways": {"experts": [16], "weight_decays": [0.0]},
        "trainer": {"steps": 1000, "batch_size": 512, "learning_rate": 0.01},
        "evaluation": {"baselines": []},
    },
    path=sys.argv[3],
)
metrics = run.results["metrics"]
print(f"{before:9.0f} {peak_memory_mib():9.0f} {time.process_time():9.0f}"
      f" {metrics['rmse_relative']:9.4f}")
"""


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        for first in range(0, rows, PIECE):
            random = np.random.default_rng(first)
            x = random.uniform(-1, 1, (min(PIECE, rows - first), INPUTS)).round(5)
            frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(INPUTS)])
            frame["y"] = np.sin(4 * x[:, 0] * x[:, 1]) + x[:, 2] ** 2 + x[:, 3:].sum(axis=1)
            frame.to_csv(path, mode="a", header=first == 0, index=False)
        print(f"{rows:,} rows of {INPUTS} inputs, {path.stat().st_size / 2**20:.0f} MiB of csv")
        print("            MiB before       peak     CPU s  rmse/std")
        for way in ("memory", "stream"):
            done = subprocess.run(
                [sys.executable, "-c", TRAIN, str(path), way, str(Path(folder) / way)],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            print(f"{way:12} {done.stdout.splitlines()[-1]}", flush=True)


if __name__ == "__main__":
    main()
