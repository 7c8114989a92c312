"""Which factor follows the start, and which the task: LoRA on MiniLM over seeds and tasks.

    OMP_NUM_THREADS=1 python similarity.py [--folder runs/similarity] [--epochs 3]

Trains both factors (q, k, v; rank 8) on SST-2 and CoLA with the starts of seeds 0 and 1, and on
MRPC with that of seed 0, all on the whole training set, and compares all of them with the verb's
own code. Finished runs are used again; 3 epochs take some 15 minutes of a core. Needs
GEOFRAME_DATA.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import geoframe

RUNS = {
    "sst2, start 0": ("sst2", 0),
    "sst2, start 1": ("sst2", 1),
    "cola, start 0": ("cola", 0),
    "mrpc, start 0": ("mrpc", 0),
    "cola, start 1": ("cola", 1),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, default=Path("runs/similarity"))
    parser.add_argument("--epochs", type=int, default=3)
    given = parser.parse_args()
    folders = []
    for name, (task, start) in RUNS.items():
        path = given.folder / f"{name.replace(', ', '-').replace(' ', '')}-{given.epochs}"
        config = {
            "model": {"head": "mean", "dropout": 0.0, "parts": 2, "attention": "eager"},
            "data": {
                "dataset": {"name": "stored-text", "task": task},
                "evaluation_limit": 500,
            },
            "adapter": {
                "train": "both",
                "init": "kaiming",
                "zero": "B",
                "targets": ["query", "key", "value"],
                "seed": start,
            },
            "trainer": {
                "epochs": given.epochs,
                "batch_size": 32,
                "learning_rate": 0.001,
                "warmup": 50,
                "precision": "bf16",
            },
            "seed": start,
        }
        geoframe.run_method("asymlora", config, path=path, resume=True)
        folders.append(str(path))
    report = given.folder / f"report-{given.epochs}"
    config = {"adapters": folders, "names": list(RUNS)}
    run = geoframe.run_method("lora-similarity", config, path=report, resume=True)
    for row in run.results["tables"]["pairs"]:
        print(f"{row['first']:15} {row['second']:15} A {row['A']:.3f}  B {row['B']:.3f}")
    print("random", run.results["metrics"]["a_random"], run.results["metrics"]["b_random"])


if __name__ == "__main__":
    main()
