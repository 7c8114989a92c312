"""kill -9 once a checkpoint is there: snowflake and hnn end where an undisturbed run ends."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

STEPS = ("trainer.steps=120", "trainer.checkpoint_every=5", "trainer.device=cpu")
TREE = ("data.dataset.name=random-tree", "data.dataset.nodes=60", "hnn.partners=8")
RUNS = {
    "snowflake": (
        "snowflake",
        "data.dataset.graph=florentine",
        "geometry.name=snowflake",
        "trainer.batch_size=32",
        "compare=[{name='euclidean', dim=2}]",
    ),
    "hnn, distilled": ("hnn", *TREE, "hnn.fit=distil", "compare=[{name='euclidean', dim=2}]"),
    "hnn, on distances": ("hnn", *TREE, "hnn.fit=gradient", "trainer.batch_size=16"),
    "hnn, free points": (
        "hnn",
        *TREE,
        "hnn.fit=gradient",
        "hnn.optimizer=riemannian",
        "geometry.name=hyperboloid",
        "geometry.dim=2",
    ),
}


def command(run_dir: Path, method: str, *settings: str) -> list[str]:
    options = [part for setting in (*STEPS, *settings) for part in ("--set", setting)]
    words = ["run", method, "--quiet", "--run-dir", str(run_dir), *options]
    return [sys.executable, "-m", "geoframe_cli", *words]


def outcome(run_dir: Path) -> dict[str, object]:
    """Everything that a run leaves but what measures the machine."""
    metrics = json.loads((run_dir / "results.json").read_text())["metrics"]
    found: dict[str, object] = {
        name: value
        for name, value in metrics.items()
        if "seconds" not in name and "memory" not in name
    }
    for path in (*run_dir.glob("*.safetensors"), run_dir / "metrics.jsonl"):
        found[path.name] = path.read_bytes()
    return found


def last_kept(run_dir: Path) -> int:
    return max((int(path.name[5:]) for path in run_dir.glob("checkpoints/step-*")), default=0)


def killed_after_a_checkpoint(arguments: list[str], run_dir: Path) -> bool:
    """Start a run and kill it once it has kept step 20, or a later one; False if it was faster."""
    process = subprocess.Popen(arguments)
    while process.poll() is None and last_kept(run_dir) < 20:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("name", RUNS)
def test_a_killed_run_resumes_to_the_same_bits(tmp_path, name):
    subprocess.run(command(tmp_path / "whole", *RUNS[name]), check=True, timeout=600)
    arguments = command(tmp_path / "killed", *RUNS[name])
    assert killed_after_a_checkpoint(arguments, tmp_path / "killed")
    assert not (tmp_path / "killed" / "results.json").exists()
    subprocess.run([*arguments, "--resume"], check=True, timeout=600)
    assert outcome(tmp_path / "killed") == outcome(tmp_path / "whole")
