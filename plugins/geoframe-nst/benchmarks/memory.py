"""Memory and time of a training on a large random acyclic graph, with the default options.

    python benchmarks/memory.py [--nodes 20000] [--edges 200000] [--steps 20] [--limit 4]

trains in a process of its own and prints what that process took at most. The exit code is 1 if
this is more than ``--limit`` GiB.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np


def random_dag(nodes: int, edges: int, seed: int = 0) -> np.ndarray:
    """Edges ``(edges, 2)``, all different, that go forward in a random order of the nodes."""
    generator = np.random.default_rng(seed)
    ends = np.sort(generator.integers(nodes, size=(edges + edges // 10 + 100, 2)), axis=1)
    ends = np.unique(ends[ends[:, 0] < ends[:, 1]], axis=0)
    if len(ends) < edges:
        raise SystemExit("too many edges for so few nodes")
    return generator.permutation(nodes)[generator.permutation(ends)[:edges]]


def train(folder: Path, nodes: int, edges: int, steps: int) -> dict[str, float]:
    """Train in a subprocess and return its metrics, with ``resident_gib``: its largest memory."""
    weights = np.random.default_rng(1).lognormal(size=edges)
    np.savez(folder / "dag.npz", edges=random_dag(nodes, edges), weights=weights)
    options = [f"data.path={folder / 'dag.npz'}", "data.weight=weights", f"trainer.steps={steps}"]
    settings = [part for option in options for part in ("--set", option)]
    command = ["run", "nst", *settings, "--run-dir", str(folder / "run"), "--quiet"]
    subprocess.run([sys.executable, "-m", "geoframe_cli", *command], check=True)
    unit = 2**30 if sys.platform == "darwin" else 2**20
    resident = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit
    metrics = json.loads((folder / "run/results.json").read_text())["metrics"]
    return {**metrics, "resident_gib": resident}


def main() -> None:
    """Train, print and judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=20_000)
    parser.add_argument("--edges", type=int, default=200_000)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--limit", type=float, default=4.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = train(Path(folder), given.nodes, given.edges, given.steps)
    print(f"{given.nodes} nodes, {given.edges} edges, {given.steps} steps")
    for name in ("resident_gib", "seconds", "time_dim", "closure_recall", "false_causality"):
        print(f"{name:16s}{found[name]:10.3f}")
    if found["resident_gib"] > given.limit:
        raise SystemExit(f"took more than {given.limit:g} GiB")


if __name__ == "__main__":
    main()
