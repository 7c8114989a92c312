"""kill -9 in the middle of a training: the resumed run ends where an undisturbed one ends."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def command(run_dir: Path, backend: str, *more: str) -> list[str]:
    options = {
        "backend": backend,
        "data.dataset.scenes": 8,
        "data.dataset.kinds": 6,
        "trainer.steps": 12,
        "trainer.batch_size": 2,
        "trainer.checkpoint_every": 3,
        "trainer.log_every": 1,
        "reconstruction.rays": 32,
        "reconstruction.width": 16,
        "evaluation.pictures": 0,
    }
    given = [part for key, value in options.items() for part in ("--set", f"{key}={value}")]
    start = [sys.executable, "-m", "geoframe_cli", "run", "dreamup3d", "--quiet"]
    return [*start, "--run-dir", str(run_dir), *given, *more]


@pytest.mark.parametrize("backend", ["votes", "reconstruction"])
def test_killed_and_resumed(tmp_path, backend):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    subprocess.run(command(whole, backend), check=True, timeout=300)
    process = subprocess.Popen(command(cut, backend))
    log = cut / "metrics.jsonl"
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        if log.exists() and len(log.read_text().splitlines()) >= 5:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (cut / "results.json").exists()
    subprocess.run(command(cut, backend, "--resume"), check=True, timeout=300)
    for name in ("model.safetensors", "metrics.jsonl"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes(), name
    scores = [json.loads((p / "results.json").read_text())["metrics"] for p in (whole, cut)]
    assert scores[0]["ari_fg"] == scores[1]["ari_fg"]
