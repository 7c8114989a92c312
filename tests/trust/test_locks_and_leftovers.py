"""Nobody is blocked by who looks on, and what a kill leaves behind is cleared away or made up."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from geoframe import RunError
from geoframe.run.lock import in_use, lock
from geoframe_registry import runs
from geoframe_registry.run_table import DEPTH, find_runs

OPTIONS = {"trainer": {"name": "gradient", "steps": 4, "checkpoint_every": 2, "device": "cpu"}}


def test_starts_are_never_refused_because_somebody_looks(tmp_path):
    """500 takings of a lock against four processes that look at it all the time."""
    code = (
        "import sys; from pathlib import Path; from geoframe.run.lock import in_use\n"
        "print(flush=True)\n"
        "while True: in_use(Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    lock(tmp_path).release()
    watchers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    try:
        for watcher in watchers:
            watcher.stdout.readline()
        for _ in range(500):
            lock(tmp_path).release()
    finally:
        for watcher in watchers:
            watcher.kill()
            watcher.communicate()


def test_looking_tells_held_from_free_and_writes_nothing(tmp_path):
    assert not in_use(tmp_path)
    assert list(tmp_path.iterdir()) == []
    taken = lock(tmp_path)
    assert in_use(tmp_path)
    with pytest.raises(RunError, match="another process is using this run directory"):
        lock(tmp_path)
    taken.release()
    assert not in_use(tmp_path)


def test_two_who_look_do_not_see_each_other(tmp_path):
    lock(tmp_path).release()
    found = []
    threads = [threading.Thread(target=lambda: found.append(in_use(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [False] * 8


@pytest.mark.parametrize("metadata", ["Name: geoframe-toy\nVersion: 0.9\n", None])
def test_what_pip_left_behind_breaks_nothing(site, metadata):
    site.install_toy()
    for name in ("~eoframe_toy-0.9.dist-info", "~umpy-1.0.dist-info", "~.dist-info"):
        folder = site.path / name
        folder.mkdir()
        (folder / "entry_points.txt").write_text("[geoframe.methods]\ntoy = nowhere:Nothing\n")
        if metadata is not None:
            (folder / "METADATA").write_text(f"Metadata-Version: 2.1\n{metadata}")
    listed = json.loads(site.run("list", "method", "--json").stdout)
    assert [row["version"] for row in listed if row["name"] == "toy"] == ["1.0"]
    done = site.run("run", "toy", "--quiet", "--set", "trainer.steps=2")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_what_a_kill_left_is_cleared_away_on_resume(local_site, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOFRAME_DISABLE_PLUGINS", "all")
    run = runs.finish(runs.prepare("toy", OPTIONS, tmp_path / "run"))
    (run.path / "results.json").unlink()
    (run.path / "figures").mkdir()
    for name in (".tmp-abc", "figures/.tmp-abc", "checkpoints/.tmp-3-99/state.json"):
        path = run.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("half")
    assert runs.finish(runs.prepare("toy", {}, run.path, resume=True)).finished
    assert list(run.path.rglob(".tmp-*")) == []


def test_a_kill_between_results_and_report_leaves_a_report_after_all(
    local_site, tmp_path, monkeypatch
):
    def killed(run, result):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("geoframe.run.execute._tell", killed)
        with pytest.raises(KeyboardInterrupt):
            runs.finish(runs.prepare("toy", OPTIONS, tmp_path / "run"))
    assert (tmp_path / "run" / "results.json").exists()
    assert not (tmp_path / "run" / "report.html").exists()
    run = runs.finish(runs.prepare("toy", {}, tmp_path / "run", resume=True))
    assert {"report.html", "README.md"} <= {path.name for path in run.path.iterdir()}
    stamp = (run.path / "report.html").stat().st_mtime_ns
    runs.finish(runs.prepare("toy", {}, run.path, resume=True))
    assert (run.path / "report.html").stat().st_mtime_ns == stamp


def test_one_run_that_cannot_be_read_hides_no_other(finished_run, tmp_path):
    good = shutil.copytree(finished_run, tmp_path / "good")
    for number, content in enumerate((b"\xff", b"[]", b"{", b"{}", b"[" * 10**6)):
        bad = shutil.copytree(finished_run, tmp_path / f"bad-{number}")
        (bad / "manifest.json").write_bytes(content)
    pipe = shutil.copytree(finished_run, tmp_path / "bad-pipe")
    (pipe / "manifest.json").unlink()
    os.mkfifo(pipe / "manifest.json")
    states = {row.path.name: row.state for row in find_runs(tmp_path)}
    assert states[good.name] == "finished"
    assert [state for name, state in states.items() if name.startswith("bad")] == ["damaged"] * 6


def test_folders_are_searched_to_a_depth_and_links_not_followed(finished_run, tmp_path):
    inside = tmp_path.joinpath("in", *["d"] * (DEPTH - 2))
    beyond = tmp_path.joinpath("out", *["d"] * (DEPTH + 1))
    for folder in (inside, beyond):
        folder.mkdir(parents=True)
        shutil.copytree(finished_run, folder / "run")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert {row.path for row in find_runs(tmp_path)} == {finished_run, inside / "run"}


UNCLOSED = "default,ignore::ResourceWarning"
"""Warnings that are shown: a signal may come after a file was opened and before it is held."""
MOMENTS = {
    "modules are imported": lambda run, process: (
        "libtorch" in Path(f"/proc/{process}/maps").read_text()
    ),
    "training": lambda run, process: (run / "metrics.jsonl").exists(),
    "the report is drawn": lambda run, process: (run / "results.json").exists(),
    "all is done": lambda run, process: (run / "report.html").exists(),
}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="what is loaded is read there")
@pytest.mark.parametrize(
    ("number", "moment"), [*zip(2 * (signal.SIGTERM, signal.SIGINT), MOMENTS, strict=True)]
)
def test_a_signal_at_any_moment_is_one_line(site, tmp_path, number, moment):
    """The moment is one that the process has reached, whatever the clock says."""
    site.install_toy()
    options = ["run", "toy", "--quiet", "--set", "trainer.steps=60", "--run-dir", "here"]
    process = subprocess.Popen(
        [sys.executable, "-m", "geoframe_cli", *options],
        cwd=tmp_path,
        env={**site.environment, "GEOFRAME_DISABLE_PLUGINS": "", "PYTHONWARNINGS": UNCLOSED},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not MOMENTS[moment](tmp_path / "here", process.pid):
        time.sleep(0.001)
    process.send_signal(number)  # to one that has ended: nothing
    _, told = process.communicate(timeout=120)
    assert process.returncode in (0, 130), told
    assert len(told.splitlines()) <= 1, told
    done = site.run(*options, "--resume", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    ("before", "after", "code", "told"),
    [
        ("signal.raise_signal(NUMBER)", "", 130, "Interrupted\n"),
        ("", "atexit.register(signal.raise_signal, NUMBER)", 3, ""),
        ("", "threading.Thread(target=time.sleep, args=[60]).start(); late()", 3, ""),
        ("atexit.register(signal.raise_signal, NUMBER)", "", 3, ""),
    ],
    ids=["before the work", "after it", "waiting for a thread", "when Python ends"],
)
def test_a_signal_before_and_after_the_work(number, before, after, code, told):
    script = f"""
import atexit, os, signal, sys, threading, time
from geoframe_cli.signals import until_the_end
NUMBER = {int(number)}
def signals():
    threading.main_thread().join()
    while True:  # one that comes as the wait begins is not heard before the next
        os.kill(os.getpid(), NUMBER)
        time.sleep(0.01)
def late():
    threading.Thread(target=signals, daemon=True).start()
if "atexit" in {before!r}:
    {before or "pass"}  # called after what is registered later
with until_the_end():
    if "atexit" not in {before!r}:
        {before or "pass"}
    {after or "pass"}
    print("kept", end="")
    sys.exit(3)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=50
    )
    assert (done.returncode, done.stderr) == (code, told)
    assert done.stdout == ("kept" if code == 3 else "")
