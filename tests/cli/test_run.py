from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time

import pytest


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_shows_metrics_notes_and_where_everything_is(geoframe, here):
    result = geoframe("run", "toy", "--seed", "3")
    assert result.exit_code == 0
    [path] = (here / "runs" / "toy").iterdir()
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{4}", path.name)
    assert re.search(r"steps +40\b", result.stdout)
    assert re.search(r"unmeasured +-", result.stdout)
    assert "Note: A toy." in result.stdout
    assert f"Run:    {path}" in result.stdout
    assert f"Report: {path / 'report.html'}" in result.stdout
    assert "seed = 3" in (path / "config.toml").read_text()
    assert result.stderr == ""


def test_set_goes_over_the_file_and_seed_over_both(geoframe, here):
    (here / "x.toml").write_text("seed = 1\nslope = 1.0\n[trainer]\nsteps = 3\n")
    arguments = ["--config", "x.toml", "--set", "trainer.steps=4", "--set", "seed=2", "--seed", "5"]
    result = geoframe("run", "toy", *arguments, "--run-dir", "r", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["metrics"]["steps"] == 4
    config = (here / "r" / "config.toml").read_text()
    assert "seed = 5" in config
    assert "slope = 1.0" in config


def test_json_is_the_results_file_and_nothing_else(geoframe, here):
    result = geoframe("run", "toy", "--run-dir", "r", "--json", "--set", "mode=chatter")
    assert result.stdout == (here / "r" / "results.json").read_text()
    assert json.loads(result.stdout)["metrics"]["unmeasured"] is None
    assert "a method that talks" in result.stderr


def test_quiet_prints_the_run_directory_only(geoframe, here):
    result = geoframe("run", "toy", "--quiet")
    [path] = (here / "runs" / "toy").iterdir()
    assert result.stdout == f"{path}\n"
    assert result.stderr == ""


def test_resuming_a_finished_run_prints_its_results(geoframe, here):
    first = geoframe("run", "toy", "--run-dir", "r", "--json", "--set", "slope=1.25")
    again = geoframe("run", "toy", "--run-dir", "r", "--resume", "--json")
    assert again.exit_code == 0
    assert again.stdout == first.stdout


def test_resuming_what_is_not_there_starts_it(geoframe, here):
    assert geoframe("run", "toy", "--run-dir", "new", "--resume").exit_code == 0
    assert (here / "new" / "results.json").exists()


def test_a_relative_path_starts_at_its_file_or_at_the_current_folder(geoframe, here):
    (here / "sub").mkdir()
    (here / "sub" / "p.csv").write_text("x,y\n0,0\n1,1\n")
    (here / "sub" / "x.toml").write_text('data.path = "p.csv"\n')
    assert geoframe("run", "toy", "--config", "sub/x.toml", "--quiet").exit_code == 0
    assert geoframe("run", "toy", "--set", "data.path=sub/p.csv", "--quiet").exit_code == 0
    assert geoframe("run", "toy", "--set", "data.path=p.csv", "--quiet").exit_code == 2


@pytest.mark.parametrize(("rank", "lines"), [("0", 1), ("1", 0)])
def test_several_processes_need_a_common_directory(geoframe, here, monkeypatch, rank, lines):
    monkeypatch.setenv("RANK", rank)
    result = geoframe("run", "toy")
    assert result.exit_code == 2
    assert result.stderr.count("Error: several processes must share one directory") == lines
    assert list(here.glob("runs")) == []


@pytest.mark.slow
def test_an_interrupted_run_says_how_to_go_on_and_goes_on(site, forget_digests, tmp_path):
    site.install_toy()
    options = ("trainer.steps=1000000", "trainer.log_every=10", "trainer.checkpoint_every=100000")
    arguments = ["run", "toy", *(part for option in options for part in ("--set", option))]
    process = subprocess.Popen(
        [sys.executable, "-m", "geoframe_cli", *arguments, "--run-dir", "my run"],
        cwd=tmp_path,
        env=site.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    metrics = tmp_path / "my run" / "metrics.jsonl"
    deadline = time.monotonic() + 120
    while not (metrics.exists() and metrics.stat().st_size > 0):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stdout == ""
    path = tmp_path / "my run"
    assert stderr.splitlines()[-1] == (
        f"Interrupted; go on with: geoframe run toy --run-dir '{path}' --resume"
    )
    assert "Traceback" not in stderr
    stopped = max(int(each.name.partition("-")[2]) for each in (path / "checkpoints").iterdir())
    assert stopped > 0
    forget_digests(path)
    config = path / "config.toml"  # rather than wait for all the other steps
    config.write_text(config.read_text().replace("steps = 1000000", f"steps = {stopped + 100}"))
    resumed = site.run("run", "toy", "--run-dir", "my run", "--resume", "--json", cwd=tmp_path)
    assert json.loads(resumed.stdout)["metrics"]["steps"] == stopped + 100
    logged = [json.loads(line)["step"] for line in metrics.read_text().splitlines()]
    assert logged == sorted(set(logged))


def test_the_progress_bar_is_on_stderr_and_only_on_a_terminal(site, tmp_path):
    site.install_toy()
    leader, follower = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "geoframe_cli", "run", "toy", "--json"],
        cwd=tmp_path,
        env={**site.environment, "TERM": "xterm", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=follower,
        text=True,
        timeout=120,
        check=True,
    )
    os.close(follower)
    shown = b""
    try:
        while part := os.read(leader, 65536):
            shown += part
    except OSError:  # the other end is closed: that was all
        pass
    os.close(leader)
    assert "toy" in shown.decode()
    assert "40/40" in shown.decode()
    assert json.loads(done.stdout)["metrics"]["steps"] == 40


def test_a_reader_that_goes_away_is_no_error(site):
    site.install_toy()
    for arguments in (["init", "toy"], ["list"], ["list", "--json"]):
        process = subprocess.Popen(
            [sys.executable, "-m", "geoframe_cli", *arguments],
            env=site.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        stderr = process.stderr.read().decode()
        process.stderr.close()
        assert process.wait(60) in (0, 1)
        assert stderr == ""


@pytest.mark.slow
def test_the_method_runs_in_two_processes(site, tmp_path):
    site.install_toy()
    command = ["-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone"]
    command += ["-m", "geoframe_cli", "run", "toy", "--run-dir", "r", "--json"]
    done = site.python(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((tmp_path / "r" / "results.json").read_text())
