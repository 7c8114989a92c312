from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geoframe import DataError
from geoframe_registry import runs


def written(path: Path, rows: int, seed: int) -> Path:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"a": random.normal(size=rows).round(3), "n": random.integers(0, 50, rows)}
    )
    frame["y"] = frame["a"] + 0.1 * frame["n"]
    frame.loc[3, "n"] = np.nan
    frame.loc[4, "y"] = np.nan
    frame.to_csv(path, index=False)
    return path


def config(folder: Path, **data: str) -> dict[str, Any]:
    return {
        "data": {"path": str(written(folder / "train.csv", 300, 0)), "target": "y", **data},
        "pathways": {"experts": [1], "width": 4, "networks": 1, "weight_decays": [0.0, 3.0]},
        "trainer": {"steps": 50, "batch_size": 64},
        "evaluation": {"baselines": []},
    }


def test_test_and_validation_rows_come_from_files(tmp_path: Path) -> None:
    test = written(tmp_path / "test.csv", 80, 1)
    validation = written(tmp_path / "validation.csv", 60, 2)
    options = config(tmp_path, test=str(test), validation=str(validation))
    run = runs.finish(runs.prepare("pathways", options, tmp_path / "run"))
    facts = run.manifest["data"]
    assert (facts["rows"], facts["test_rows"], facts["validation_rows"]) == (437, 79, 59)
    results = run.results
    assert results["metrics"]["rows_per_cell_max"] == 299
    assert any("chosen on the rows of data.validation" in note for note in results["notes"])
    found = run.method.load(run).apply(test)["prediction"].to_numpy()
    truth = pd.read_csv(test)["y"].to_numpy()
    rmse = np.sqrt(np.nanmean((found - truth) ** 2))
    assert rmse == pytest.approx(results["metrics"]["rmse"], rel=1e-5)


def test_validation_alone_leaves_the_test_part_to_be_drawn(tmp_path: Path) -> None:
    validation = written(tmp_path / "validation.csv", 60, 2)
    run = runs.finish(
        runs.prepare("pathways", config(tmp_path, validation=str(validation)), tmp_path / "run")
    )
    assert run.manifest["data"]["test_rows"] == int(0.2 * 299)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,m,y\n1,2,3\n", "data.test: no column 'n'"),
        ("a,n,y\n1,2,\n", "data.test: no row has a 'y'"),
        ("a,n,y\n1,two,3\n", "should hold numbers"),
    ],
)
def test_a_test_file_that_does_not_fit_is_told(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text(text)
    prepared = runs.prepare(
        "pathways", config(tmp_path, test=str(tmp_path / "test.csv")), tmp_path / "run"
    )
    with pytest.raises(DataError, match=said):
        runs.finish(prepared)


def test_two_test_parts_are_one_too_many(tmp_path: Path) -> None:
    np.savez(tmp_path / "splits.npz", test_0=np.arange(5))
    test = str(written(tmp_path / "test.csv", 80, 1))
    options = config(tmp_path, test=test, splits=str(tmp_path / "splits.npz"))
    with pytest.raises(DataError, match="leave one out"):
        runs.finish(runs.prepare("pathways", options, tmp_path / "run"))
