"""Tables of more than numbers, through the front door."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner

import geoframe
from geoframe.run.directory import Run
from geoframe_cfdm.config import ItemsConfig
from geoframe_cfdm.data import load_items
from geoframe_cfdm.mixed import MixedItems
from geoframe_cli.verbs.sample import sample


def items_config(path: Path) -> ItemsConfig:
    config: ItemsConfig = geoframe.configure("cfdm", {"data": {"path": str(path)}}).data
    return config


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 rows with dates, texts, truth values, whole numbers, leading zeros and gaps."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=200)
    days = pd.to_timedelta(generator.integers(0, 900, 200), unit="D")
    frame = pd.DataFrame(
        {
            "when": (pd.Timestamp("2020-01-01") + days).strftime("%Y-%m-%d"),
            "kind": np.where(x > 0, "wren", "robin"),
            "ok": generator.random(200) < 0.3,
            "count": (5 * x).round().astype(int) + 20,
            "x": x,
            "code": [f"{k:03d}" for k in generator.integers(0, 9, 200)],
        }
    )
    frame.loc[::7, "x"] = np.nan
    frame.loc[::11, "kind"] = None
    path = tmp_path_factory.mktemp("tables") / "mixed.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def finished(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    config = {
        "data": {"path": str(table)},
        "sampler": {"name": "auto"},
        "evaluation": {"target": "count", "holdout": 0.3},
        "cfdm": {"samples": 120},
    }
    return geoframe.run_method("cfdm", config, path=tmp_path_factory.mktemp("runs") / "mixed")


def test_a_table_comes_back_as_it_went_in(table: Path) -> None:
    items = load_items(items_config(table), mixed=True)
    assert isinstance(items, MixedItems)
    before, after = pd.read_csv(table, dtype=str), items.decoded(items.data)
    for name in ("when", "kind", "ok", "code"):
        assert after[name].isna().tolist() == before[name].isna().tolist()
        assert after[name].dropna().tolist() == before[name].dropna().tolist()
    assert after["count"].astype(int).astype(str).tolist() == before["count"].tolist()


def test_samples_have_the_columns_kinds_and_gaps_of_the_table(table: Path, finished: Run) -> None:
    before = pd.read_csv(table, dtype={"code": str})
    after = pd.read_csv(finished.path / "samples.csv", dtype={"code": str})
    assert list(after) == list(before)
    assert len(after) == 120
    assert pd.to_datetime(after["when"]).between("2020-01-01", "2022-06-30").all()
    for name in ("kind", "ok", "code"):
        assert set(after[name].dropna()) <= set(before[name].dropna())
    assert after["x"].isna().any()
    assert after["kind"].isna().any()
    together = after.dropna(subset=["kind", "x"])
    assert ((together["x"] > 0) == (together["kind"] == "wren")).mean() > 0.85


def test_a_run_tells_what_was_chosen_and_measured(finished: Run) -> None:
    metrics, notes = finished.results["metrics"], " ".join(finished.results["notes"])
    assert "LocalCopula" in notes
    assert "empty cells" in notes
    assert "drawn again" in notes
    for name in ("two_sample_auc", "dup_rate_held_out", "redrawn", "train_on_samples_rmse"):
        assert 0 <= metrics[name] < 10
    assert finished.results["tables"]["provenance"][0]["made of (share)"].count("(") == 8


def test_a_finished_run_samples_on_to_the_bit(finished: Run) -> None:
    drawn = finished.method.sampler(finished).draw(120, seed=0)
    kept = finished.read_tensors("samples")
    torch.testing.assert_close(drawn["items"], kept["items"], equal_nan=True, atol=0, rtol=0)
    assert torch.equal(drawn["tuple_index"], kept["tuple_index"])


def test_gaps_are_refused_with_the_way_out(table: Path) -> None:
    with pytest.raises(geoframe.DataError, match="'auto', which takes gaps"):
        load_items(items_config(table))


def test_other_texts_are_other_data(table: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "renamed.csv"
    renamed.write_text(table.read_text().replace("wren", "wryneck"))
    first, second = (load_items(items_config(path), mixed=True) for path in (table, renamed))
    assert np.array_equal(first.data, second.data, equal_nan=True)
    assert first.fingerprint() != second.fingerprint()


def test_an_unknown_target_is_one_line(table: Path, tmp_path: Path) -> None:
    config = {
        "data": {"path": str(table)},
        "sampler": {"name": "auto"},
        "evaluation": {"target": "size"},
        "cfdm": {"samples": 20},
    }
    with pytest.raises(geoframe.ConfigError, match=r"evaluation\.target: no column 'size'"):
        geoframe.run_method("cfdm", config, path=tmp_path / "run")


def test_the_verb_sample_writes_the_table_of_the_user(finished: Run, tmp_path: Path) -> None:
    asked = ["-n", "120", "--seed", "0", "--shard-size", "50", "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(sample, [str(finished.path), *asked])
    assert done.exit_code == 0, done.output
    drawn = tmp_path / "out" / "samples.csv"
    assert "samples.csv" in done.output.replace("\n", "")
    assert drawn.read_text() == (finished.path / "samples.csv").read_text()
