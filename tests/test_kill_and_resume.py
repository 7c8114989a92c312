"""kill -9 at random moments: every resume ends where an undisturbed run ends, bit for bit."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

UNREPEATABLE = {"seconds", "peak_memory_mib"}
"""Metrics that measure the machine, not the training."""


def edge_list(path: Path) -> Path:
    """Write a small DAG with random weights."""
    draw = random.Random(7)
    lines = ["source,target,weight"]
    for target in range(1, 60):
        for source in draw.sample(range(target), k=min(target, 3)):
            lines.append(f"n{source},n{target},{draw.uniform(0.2, 2):.3f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def command(folder: Path, run_dir: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "geoframe_cli", "run", "nst", "--quiet"),
        *("--run-dir", str(run_dir), "--set", f"data.path={folder / 'edges.csv'}"),
        *("--set", "nst.time=hybrid", "--set", "trainer.steps=600", "--set", "trainer.device=cpu"),
        *("--set", "trainer.batch_size=64", "--set", "trainer.checkpoint_every=50", *more),
    ]


def measured(run_dir: Path) -> dict:
    metrics = json.loads((run_dir / "results.json").read_text())["metrics"]
    return {name: value for name, value in metrics.items() if name not in UNREPEATABLE}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Run once without any disturbance; return the folder and how long it took."""
    folder = tmp_path_factory.mktemp("undisturbed")
    edge_list(folder / "edges.csv")
    started = time.monotonic()
    subprocess.run(command(folder, folder / "whole"), check=True, timeout=300)
    return folder, time.monotonic() - started


@pytest.mark.parametrize("attempt", range(10))
def test_killed_at_a_random_moment(undisturbed, attempt):
    folder, duration = undisturbed
    run_dir = folder / f"killed-{attempt}"
    # One moment in each tenth of the run, from the import of Python's modules to the report.
    moment = duration * (attempt + random.Random(attempt).random()) / 10
    process = subprocess.Popen(command(folder, run_dir))
    try:
        process.wait(timeout=moment)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command(folder, run_dir, "--resume"), check=True, timeout=300)
    whole = folder / "whole"
    assert measured(run_dir) == measured(whole)
    for name in ("model.safetensors", "metrics.jsonl", "items.json"):
        assert (run_dir / name).read_bytes() == (whole / name).read_bytes(), name


def test_killed_again_and_again(undisturbed):
    folder, duration = undisturbed
    run_dir = folder / "persistent"
    draw = random.Random(1)
    for _ in range(4):
        process = subprocess.Popen(command(folder, run_dir, "--resume"))
        try:
            process.wait(timeout=duration * draw.uniform(0.5, 0.9))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    subprocess.run(command(folder, run_dir, "--resume"), check=True, timeout=300)
    assert measured(run_dir) == measured(folder / "whole")
