"""embed, report, export, reproduce."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def done(finished_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "points.csv").write_text("x,y\n0,0\n1,0\n2,0\n")
    return finished_run


def embedded(path):
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return arrays["x"], arrays["y"].ravel()
    frame = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    assert list(frame.columns) == ["x", "y_0"]
    return frame["x"].to_numpy(), frame["y_0"].to_numpy()


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet"])
def test_embed_writes_what_the_method_gives(geoframe, done, tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    path.write_text("an older file")
    result = geoframe("embed", done, "--data", "points.csv", "-o", path)
    assert result.exit_code == 0, result.output
    x, y = embedded(path)
    assert x.tolist() == [0, 1, 2]
    assert y == pytest.approx([0, 3, 6], abs=0.05)
    assert list(tmp_path.glob(".tmp-*")) == []


def test_report_is_written_again(geoframe, done):
    report = done / "report.html"
    report.unlink()
    result = geoframe("report", done)
    assert result.stdout.splitlines()[0] == str(report)
    assert "toy" in report.read_text()


def test_export_writes_into_a_new_folder(geoframe, done, tmp_path):
    result = geoframe("export", done, "-o", "new/folder")
    assert result.exit_code == 0
    names = [line.rpartition("/")[2] for line in result.stdout.splitlines()]
    assert names == ["model.safetensors", "config.toml", "manifest.json"]
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == set(names)


def test_reproduce_prints_published_beside_measured(geoframe, local_site, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = geoframe("reproduce", "toy", "--seeds", "2")
    assert result.exit_code == 1  # one row of the table fails on purpose
    lines = [line.strip() for line in result.stdout.splitlines()]
    [steep] = [at for at, line in enumerate(lines) if line.startswith("steep")]
    assert lines[steep].split()[:6] == ["steep", "(3)", "published", "3", "±", "0.1"]
    assert lines[steep + 1].startswith("measured, 2 runs")
    assert lines[steep + 1].count("±") == 2
    assert "lines: bad: seed 0: ZeroDivisionError" in result.stdout
    [flat] = [at for at, line in enumerate(lines) if line.startswith("flat")]
    assert "failed" not in lines[flat + 1]
    assert (tmp_path / "runs" / "reproduce" / "toy" / "lines" / "flat-seed1").is_dir()


def test_reproduce_measures_the_rows_that_are_named(geoframe, local_site, tmp_path):
    options = ["--quick", "--runs", tmp_path, "--row", "flat", "--json"]
    result = geoframe("reproduce", "toy", *options)
    assert result.exit_code == 0, result.output
    [table] = json.loads(result.stdout)["tables"]
    assert [row["name"] for row in table["rows"]] == ["flat"]


def test_reproduce_as_json(geoframe, local_site, tmp_path):
    options = ["--quick", "--runs", tmp_path / "again", "--table", "lines", "--json"]
    result = geoframe("reproduce", "toy", *options)
    content = json.loads(result.stdout)
    assert content["quick"] is True
    [table] = content["tables"]
    steep, bad, flat = table["rows"]
    assert steep["published"]["slope"]["value"] == 3.0
    assert steep["measured"]["slope"]["sd"] is None
    assert len(steep["measured"]["slope"]["values"]) == 1
    assert len(bad["errors"]) == 1
    assert flat["runs"] == [str(tmp_path / "again" / "lines-quick" / "flat-seed0")]
    assert json.loads(geoframe("reproduce", "toy", *options).stdout) == content
