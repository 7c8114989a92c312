"""``geoframe runs``, the comparison of ``geoframe report``, and the card of a run."""

from __future__ import annotations

import json
import re
import shutil

import filelock
import pytest


@pytest.fixture
def three(finished_run, forget_digests, tmp_path, monkeypatch):
    """Return ``runs`` with three runs: two seeds of a config, and another config."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs" / "toy"
    numbers = {"a": (0, "3.0", 2.0), "b": (1, "3.0", 4.0), "c": (0, "5.0", 6.0)}
    for name, (seed, slope, loss) in numbers.items():
        path = shutil.copytree(finished_run, folder / name)
        forget_digests(path)
        config = (path / "config.toml").read_text()
        config = config.replace("slope = 3.0", f"slope = {slope}")
        (path / "config.toml").write_text(config.replace("seed = 0", f"seed = {seed}"))
        results = json.loads((path / "results.json").read_text())
        results["metrics"]["loss"] = loss
        (path / "results.json").write_text(json.dumps(results))
        manifest = json.loads((path / "manifest.json").read_text())
        manifest |= {"seed": seed, "created": f"2026-01-0{ord(name) - 96}T00:00:00+00:00"}
        (path / "manifest.json").write_text(json.dumps(manifest))
    return folder


def listed(geoframe, *arguments):
    result = geoframe("runs", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return {row["path"]: row for row in json.loads(result.stdout)}


def test_runs_are_listed_with_state_and_metrics(geoframe, three):
    (three / "a" / "results.json").unlink()
    (three / "c" / "manifest.json").write_text("{")
    rows = listed(geoframe)
    assert [row["state"] for row in rows.values()] == ["damaged", "stopped", "finished"]
    assert rows["runs/toy/b"]["metrics"]["loss"] == 4.0
    assert rows["runs/toy/b"]["seed"] == 1
    assert rows["runs/toy/c"]["reason"].startswith("manifest.json: ")
    with filelock.FileLock(three / "a" / ".lock"):
        assert listed(geoframe)["runs/toy/a"]["state"] == "running"
    text = geoframe("runs").stdout
    assert re.search(r"runs/toy/b +toy +finished +1 +2026-01-02T00:00:00\+00:00 +loss 4 ", text)


def test_runs_are_sorted_by_a_metric(geoframe, three):
    assert list(listed(geoframe)) == ["runs/toy/a", "runs/toy/b", "runs/toy/c"]
    results = three / "a" / "results.json"
    results.write_text(results.read_text().replace('"loss": 2.0', '"loss": 5.0'))
    assert list(listed(geoframe, "--sort", "loss")) == [f"runs/toy/{name}" for name in "bac"]
    shown = geoframe("runs", "--metric", "loss", "--sort", "loss").stdout
    assert re.findall(r"runs/toy/(.) .* (\d) *$", shown, re.M) == [*zip("bac", "456", strict=True)]


def test_only_the_runs_of_a_method(geoframe, three):
    assert listed(geoframe, three, "--method", "nst") == {}
    assert len(listed(geoframe, three.parent, "--method", "toy")) == 3
    assert geoframe("runs", three, "--method", "nst").stdout == f"No runs in {three}\n"


def test_a_run_inside_a_run_belongs_to_it(geoframe, three):
    shutil.copytree(three / "a", three / "b" / "part")
    assert set(listed(geoframe)) == {f"runs/toy/{name}" for name in "abc"}


def test_runs_are_compared_over_their_seeds(geoframe, three):
    result = geoframe("report", three / "a", three / "b", three / "c", "--json")
    assert result.exit_code == 0, result.output
    same, other = json.loads(result.stdout)
    assert same["label"] == "toy, slope=3.0"
    assert other["label"] == "toy, slope=5.0"
    assert same["runs"] == [str(three / "a"), str(three / "b")]
    assert same["metrics"]["loss"] == {"mean": 3.0, "sd": pytest.approx(2**0.5), "values": [2, 4]}
    assert other["metrics"]["loss"] == {"mean": 6.0, "sd": None, "values": [6.0]}
    assert "unmeasured" not in same["metrics"]


def test_a_group_is_named_by_what_tells_it_from_others_of_its_method():
    from geoframe_registry.comparison import _labels

    flat, sphere = {"seed": 1, "dim": 2, "name": "flat"}, {"seed": 2, "dim": 2, "name": "sphere"}
    curved, more = {**sphere, "curvature": 1.0}, {**sphere, "curvature": 2.0}
    assert _labels([("nst", flat), ("nst", curved), ("hnn", {"nodes": 3})]) == [
        "nst, name=flat",
        "nst, name=sphere",
        "hnn",
    ]
    assert _labels([("nst", flat), ("nst", curved), ("nst", more)]) == [
        "nst, name=flat",
        "nst, name=sphere, curvature=1.0",
        "nst, name=sphere, curvature=2.0",
    ]


def test_a_comparison_is_one_file_with_plots(geoframe, three, tmp_path):
    result = geoframe("report", *(three / name for name in "abc"), "-o", "both.html")
    assert result.exit_code == 0, result.output
    assert "1: toy, slope=3.0 (2 runs)" in result.stdout
    assert re.search(r"loss +3 ± 1\.4 +6 *\n", result.stdout)
    assert result.stdout.endswith("Wrote both.html\n")
    html = (tmp_path / "both.html").read_text()
    assert html.count("data:image/svg+xml") == 2
    assert not re.search(r'(src|href)="(?!data:)', html)
    assert "3 ± 1.414" in html


def test_the_card_says_what_the_run_is_and_how_to_use_it(geoframe, finished_run, monkeypatch):
    card = finished_run / "README.md"
    written = card.read_text()
    card.unlink()
    result = geoframe("report", finished_run)
    assert result.stdout.splitlines() == [str(finished_run / "report.html"), str(card)]
    assert card.read_text() == written
    for expected in (
        "# toy: done",
        "Fit a line to points by gradient steps.",
        "geoframe run toy --set slope=3.0 --set trainer.steps=300 --run-dir done\n",
        "| unmeasured | – |",
        "- A toy.",
        "![training](figures/training.svg)",
        'geoframe.open_run("done").load()',
        "| geoframe-toy | 1.0 |",
        "A. M. Legendre (1805)",
    ):
        assert expected in written, expected
    assert "{" not in written.replace("{{", "")
