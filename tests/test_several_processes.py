"""Two real processes: they train together, stop together, and resume to the bit."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "core" / "two_processes.py"
STEPS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def outcomes(folder):
    """Return run -> the exit codes of both processes and the last step kept, for each event."""
    done = subprocess.run(
        [sys.executable, SCRIPT, folder], capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stderr
    *_, last = done.stdout.splitlines()
    found: dict[str, list] = {}
    for name, *outcome in json.loads(last):
        found.setdefault(name, []).append(outcome)
    return found


@pytest.mark.parametrize(
    "name", ["ctrl-c for the second", "sigterm for the first", "ctrl-c for both"]
)
def test_a_signal_for_any_stops_both_after_the_same_step(outcomes, name):
    codes, kept = outcomes[name][0]
    assert codes == [130, 130]
    # No checkpoint was due. The signal came when step 15 was logged; on a busy machine, later.
    assert 15 <= kept < STEPS


@pytest.mark.parametrize("name", ["ctrl-c for the second", "sigterm for the first", "killed"])
def test_what_was_stopped_or_killed_ends_where_an_undisturbed_run_ends(outcomes, folder, name):
    assert outcomes["whole"] == [[[0, 0], STEPS]]
    assert outcomes[name][1] == [[0, 0], STEPS]
    for file in ("model.safetensors", "metrics.jsonl"):
        assert (folder / name / file).read_bytes() == (folder / "whole" / file).read_bytes()


def test_processes_that_are_killed_keep_their_last_checkpoint(outcomes):
    codes, kept = outcomes["killed"][0]
    assert codes == [-signal.SIGKILL, -signal.SIGKILL]
    assert kept % 10 == 0
    assert 10 <= kept < STEPS


def test_both_lose_patience_after_the_same_step(outcomes):
    """Each sees noise of its own; one that went on alone would wait for the other for ever."""
    [(codes, kept)] = outcomes["impatient"]
    assert codes == [0, 0]
    assert kept < STEPS


def test_ctrl_c_for_the_launcher(site, tmp_path):
    """The whole way, as a user goes it: torchrun passes the signal on, and all is kept."""
    site.install_toy()
    site.environment["GEOFRAME_DISABLE_PLUGINS"] = "all"  # no reports
    run_dir = tmp_path / "run"
    options = {"steps": 20_000, "log_every": 1, "checkpoint_every": 20_000}
    sets = [part for key, value in options.items() for part in ("--set", f"trainer.{key}={value}")]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [*launch, "-m", "geoframe_cli", "run", "toy", "--run-dir", str(run_dir), *sets]
    launcher = subprocess.Popen(
        command, env=site.environment, start_new_session=True, stderr=subprocess.PIPE, text=True
    )
    log = run_dir / "metrics.jsonl"
    while not (log.exists() and log.stat().st_size):
        assert launcher.poll() is None
        time.sleep(0.02)
    os.killpg(launcher.pid, signal.SIGINT)  # what a terminal does
    _, told = launcher.communicate(timeout=300)
    assert launcher.returncode != 0
    assert told.count("go on with: geoframe run toy") == 1
    assert len([*run_dir.glob("checkpoints/step-*")]) == 1
    assert not (run_dir / "results.json").exists()


@pytest.mark.parametrize(("among_others", "code"), [(False, 130), (True, -signal.SIGINT)])
def test_a_second_ctrl_c_is_obeyed_at_once(among_others, code):
    script = (
        "import signal, sys\n"
        "from geoframe.training.interrupt import deferred_interrupt\n"
        "try:\n"
        f"    with deferred_interrupt(among_others={among_others}) as interrupt:\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "        print(interrupt.requested, flush=True)\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "        print('not reached')\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(130)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("True\n", code), done.stderr
