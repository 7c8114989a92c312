from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geoframe import DataError
from geoframe_data import read_table, sample_rows, scan_table


def test_a_scan_finds_the_types_that_a_whole_reading_finds(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "whole": range(100),
            "finer": [*range(50), *np.linspace(0, 1, 50)],
            "code": [*range(60), *[f"k{k}" for k in range(40)]],
            "late": [None] * 70 + [1.5] * 30,
            "when": pd.date_range("2020-01-01", periods=100).astype(str),
            "sold": ["true", "false"] * 50,
            "sum": [f"{k},5" for k in range(100)],
        }
    )
    frame.to_csv(tmp_path / "t.csv", index=False, sep=";")
    frame.drop(columns=["finer", "code"]).to_parquet(tmp_path / "t.parquet")
    for name in ("t.csv", "t.parquet"):
        scan = scan_table(tmp_path / name, chunk_rows=20)
        assert scan.rows == 100
        assert scan.schema == read_table(tmp_path / name).schema


def test_a_sample_is_rows_of_the_file(tmp_path: Path) -> None:
    pd.DataFrame({"a": range(1000), "b": "x"}).to_csv(tmp_path / "t.csv", index=False)
    scan = scan_table(tmp_path / "t.csv", chunk_rows=70)
    table, numbers = sample_rows(tmp_path / "t.csv", scan, 100, seed=1, chunk_rows=70)
    assert len(table) == len(set(numbers.tolist())) == 100
    np.testing.assert_array_equal(table.numbers("a"), numbers)
    assert 300 < numbers.mean() < 700
    again, _ = sample_rows(tmp_path / "t.csv", scan, 100, seed=1)
    pd.testing.assert_frame_equal(again.frame, table.frame)
    whole, _ = sample_rows(tmp_path / "t.csv", scan, 10**6, seed=1)
    assert len(whole) == 1000


def test_two_ways_to_write_numbers_are_told(tmp_path: Path) -> None:
    lines = ["1.5"] * 30 + ["1,5"] * 30
    (tmp_path / "t.csv").write_text("\n".join(["a;b", *[f"{line};1" for line in lines]]))
    with pytest.raises(DataError, match="writes numbers in two ways"):
        scan_table(tmp_path / "t.csv", chunk_rows=31)
    (tmp_path / "t.json").write_text('[{"a": 1}]')
    with pytest.raises(DataError, match="cannot be read in pieces"):
        scan_table(tmp_path / "t.json")
