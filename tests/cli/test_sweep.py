"""``geoframe sweep``: the best of many configs, whatever happens on the way."""

from __future__ import annotations

import json
import sys

import pytest

SPACE = """\
metric = "loss"
trials = 3

[space]
"trainer.learning_rate" = { low = 0.01, high = 0.5, log = true }
trainer.steps = { low = 20, high = 40, step = 10 }
embedder = [{ name = "mlp", layers = 0, norm = "none" }]
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEOFRAME_DISABLE_PLUGINS", "all")  # no reports, which take longer than runs
    (tmp_path / "space.toml").write_text(SPACE)
    return tmp_path


def swept(geoframe, *arguments):
    result = geoframe("sweep", "toy", "--space", "space.toml", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_best_trial_is_told(geoframe, here):
    content = swept(geoframe)
    trials = content["trials"]
    assert [each["state"] for each in trials] == ["complete"] * 3
    assert trials[content["best"]]["value"] == min(each["value"] for each in trials)
    for each in trials:
        assert each["path"] == f"runs/sweep/toy-space/trial-000{each['number']}"
        run = json.loads((here / each["path"] / "results.json").read_text())
        assert run["metrics"]["loss"] == each["value"]
        assert run["metrics"]["steps"] == each["options"]["trainer.steps"] in (20, 30, 40)
        assert 0.01 <= each["options"]["trainer.learning_rate"] <= 0.5
    assert len({each["options"]["trainer.learning_rate"] for each in trials}) == 3
    text = geoframe("sweep", "toy", "--space", "space.toml")
    assert text.stderr == ""  # nothing was left to do
    assert "toy: 3 trials, minimize loss" in text.stdout
    assert text.stdout.endswith(f"Best: runs/sweep/toy-space/trial-000{content['best']}\n")


def test_a_sweep_may_be_continued_but_not_changed(geoframe, here):
    first = swept(geoframe, "--trials", "1")["trials"]
    more = swept(geoframe, "--trials", "2")["trials"]
    assert more[:1] == first
    assert more[1]["options"] != first[0]["options"]
    changed = geoframe("sweep", "toy", "--space", "space.toml", "--set", "slope=1.0")
    assert changed.exit_code == 2
    assert "holds a sweep with another method, config or space" in changed.stderr


def test_a_grid_tries_everything_once_per_seed(geoframe, here):
    (here / "space.toml").write_text(
        'metric = "slope"\ndirection = "maximize"\nsampler = "grid"\nseeds = 2\n'
        "[space]\nslope = [1.0, 2.0]\n[space.trainer]\nsteps = [3]\n"
    )
    content = swept(geoframe, "--set", "data.noise=0.5", "--seed", "5")
    trials = content["trials"]
    assert sorted(each["options"]["slope"] for each in trials) == [1.0, 2.0]
    best = trials[content["best"]]
    found = [
        json.loads((here / best["path"] / f"seed-{seed}" / "results.json").read_text())["metrics"]
        for seed in (5, 6)
    ]
    assert best["value"] == pytest.approx(sum(each["slope"] for each in found) / 2)
    assert found[0]["slope"] != found[1]["slope"]


def test_a_failing_config_does_not_stop_the_others(geoframe, here):
    space = 'metric = "loss"\nsampler = "grid"\n[space]\nmode = ["explode", "fit"]\n'
    (here / "space.toml").write_text(space)
    content = swept(geoframe)
    failed, fine = sorted(content["trials"], key=lambda each: each["options"]["mode"])
    assert failed["reason"].startswith("ZeroDivisionError: the toy exploded on purpose")
    assert content["best"] == fine["number"]
    (here / "space.toml").write_text(space.replace('"explode", "fit"', '"explode"'))
    hopeless = geoframe("sweep", "toy", "--space", "space.toml", "--run-dir", "other")
    assert hopeless.exit_code == 1
    assert "ZeroDivisionError" in hopeless.stdout


def test_without_optuna_the_remedy_is_told(geoframe, here, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    result = geoframe("sweep", "toy", "--space", "space.toml")
    assert result.exit_code == 2
    assert "pip install 'geoframe-core[sweep]'" in result.stderr
    assert not (here / "runs").exists()


MISTAKES = {
    # id: (file, message)
    "no metric": (SPACE.replace('metric = "loss"\n', ""), "space.toml: metric: missing"),
    "wrong direction": (
        SPACE.replace("trials = 3", 'direction = "down"'),
        "space.toml:2: direction: 'down' (string) is not allowed",
    ),
    "no number of trials": (SPACE.replace("trials = 3", ""), "trials: missing; only a grid"),
    "nothing to vary": ('metric = "loss"\n[space]\n', "name at least one option to vary"),
    "unknown option": (
        SPACE.replace("trainer.steps", "trainer.stesp"),
        "space.toml:6: trainer.stesp: unknown key; did you mean 'steps'",
    ),
    "out of range at one end": (
        SPACE.replace("low = 20", "low = -10"),
        "space.toml:6: trainer.steps: -10 is out of range",
    ),
    "no high": (SPACE.replace(", high = 40", ""), "space.toml:6: space.trainer.steps: 'high' must"),
    "low above high": (SPACE.replace("high = 40", "high = 4"), "'low' is above 'high'"),
    "logarithm of zero": (SPACE.replace("low = 0.01", "low = 0.0"), "needs a positive 'low'"),
    "unknown bound": (SPACE.replace("step = 10", "steps = 10"), "unknown key 'steps'"),
    "no values": (SPACE.replace("{ low = 20, high = 40, step = 10 }", "[]"), "at least one value"),
    "a single value": (SPACE.replace("{ low = 20, high = 40, step = 10 }", "3"), "an array of val"),
    "the same value twice": (
        SPACE.replace("{ low = 20, high = 40, step = 10 }", "[20, 30, 20]"),
        "has the same value twice",
    ),
    "the same option twice": (SPACE + '"trainer.steps" = [1]\n', "stands here twice"),
    "log that is no boolean": (SPACE.replace("log = true", 'log = "yes"'), "must be true or false"),
    "grid without end": (
        SPACE.replace("trials = 3", 'sampler = "grid"'),
        "space.toml:5: space.trainer.learning_rate: a grid needs values, or a step",
    ),
    "no such metric": (
        SPACE.replace('"loss"', '"lsos"'),
        "measures no 'lsos'; did you mean 'loss'",
    ),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_where_it_stands(geoframe, here, text, message):
    (here / "space.toml").write_text(text)
    result = geoframe("sweep", "toy", "--space", "space.toml")
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
    assert len(errors) == 1
    assert result.stdout == ""


DYING = """
import os
from geoframe import hookimpl

@hookimpl
def geoframe_metrics(run, step):
    if step == 25 and os.environ.get("DIE"):
        os._exit(9)
"""


@pytest.mark.slow
def test_a_killed_sweep_goes_on_where_it_was(site, tmp_path):
    site.install_toy()
    site.install(
        "geoframe-dying", {"geoframe.plugins": {"dying": "dying"}}, modules={"dying": DYING}
    )
    (tmp_path / "space.toml").write_text(
        'metric = "loss"\ntrials = 3\nsampler = "random"\n'
        '[space]\n"trainer.learning_rate" = { low = 0.01, high = 0.5 }\n'
    )
    command = ("sweep", "toy", "--space", "space.toml", "--set", "data.noise=0.5", "--json")
    site.environment["GEOFRAME_DISABLE_PLUGINS"] = "geoframe-core"  # no reports
    killed = site.run(*command, DIE="1")
    assert killed.returncode == 9
    trial = tmp_path / "runs" / "sweep" / "toy-space" / "trial-0000"
    kept = json.loads((trial / "checkpoints" / "step-000000000020" / "state.json").read_text())
    assert kept["step"] == 20
    resumed = json.loads(site.run(*command).stdout)
    whole = json.loads(site.run(*command, "--run-dir", "whole").stdout)
    for first, undisturbed in zip(resumed["trials"], whole["trials"], strict=True):
        assert first["state"] == "complete"
        assert first["options"] == undisturbed["options"]
        assert first["value"] == undisturbed["value"]  # to the bit


@pytest.mark.slow
def test_two_processes_share_a_sweep(site, tmp_path):
    import subprocess

    site.install_toy()
    site.environment["GEOFRAME_DISABLE_PLUGINS"] = "all"
    (tmp_path / "space.toml").write_text(SPACE.replace("trials = 3", "trials = 6"))
    command = [sys.executable, "-m", "geoframe_cli", "sweep", "toy", "--space", "space.toml"]
    workers = [
        subprocess.Popen(
            [*command, "--json"],
            cwd=tmp_path,
            env=site.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ended = [(worker.communicate(timeout=300)[1], worker.returncode) for worker in workers]
    assert [code for _, code in ended] == [0, 0], ended
    content = json.loads(site.run(*command[3:], "--json").stdout)
    complete = [each for each in content["trials"] if each["state"] == "complete"]
    assert 6 <= len(complete) <= 7  # the last may be taken twice
    assert len({each["path"] for each in complete}) == len(complete)
