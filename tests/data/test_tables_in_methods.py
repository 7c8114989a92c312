"""The same table, however it is written, is the same to every method that takes tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoframe_cfdm.config import ItemsConfig
from geoframe_cfdm.data import load_items
from geoframe_cgenn.config import VectorDataConfig
from geoframe_cgenn.tables import read_columns
from geoframe_data.testing.files import SuiteFile, check_refused, named
from geoframe_data.testing.tables import FRAME, KINDS, bad_tables, check_table, good_tables
from geoframe_lgi.config import DataConfig
from geoframe_lgi.data import load_rows
from geoframe_pathways.config import TableDataConfig
from geoframe_pathways.data import load_problem


def as_problem(path: Path, **options: Any) -> Any:
    return load_problem(TableDataConfig(path=path, dataset=None, **options))  # type: ignore[arg-type]


def as_items(path: Path, **options: Any) -> Any:
    return load_items(ItemsConfig(path=path, dataset=None, **options))  # type: ignore[arg-type]


def as_rows(path: Path, **options: Any) -> Any:
    return load_rows(DataConfig(path=path, dataset=None, **options))  # type: ignore[arg-type]


def as_vectors(path: Path, **options: Any) -> Any:
    config = VectorDataConfig(path=path, dataset=None, vectors=(("size", "n"),), **options)  # type: ignore[arg-type]
    return read_columns(path, config)


METHODS = {"pathways": as_problem, "cfdm": as_items, "lgi and ames": as_rows, "cgenn": as_vectors}


@pytest.mark.parametrize("file", named(good_tables()))
def test_a_table_is_understood_alike(file: SuiteFile, tmp_path: Path) -> None:
    path = file.write(tmp_path)
    problem = as_problem(path)
    assert problem.task == "classification"
    assert problem.target.tolist() == FRAME["class"].tolist()
    assert problem.features.columns == ["size", "code", "land", "n"]
    np.testing.assert_array_equal(problem.features.numbers("size"), FRAME["size"])
    assert problem.features.texts("code").tolist() == FRAME["code"].tolist()
    rows = as_rows(path)
    assert rows.task.kind == "classification"
    classes = [rows.task.outputs[int(k)] for k in rows.task.target[:, 0]]
    assert classes == FRAME["class"].tolist()
    assert tuple(each.kind for each in rows.schema.columns) == KINDS
    if path.suffix == ".npz":
        return  # to cfdm an npz file holds items as one array
    items = as_items(path, columns=("n", "code"), labels="land")
    assert items.data[:, 0].tolist() == FRAME["n"].tolist()
    assert items.columns == ("n",)
    assert [items.label_names[k] for k in items.labels] == FRAME["land"].tolist()
    check_table(as_vectors(path))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("file", named(bad_tables()))
def test_a_bad_table_is_refused_alike(file: SuiteFile, method: str, tmp_path: Path) -> None:
    check_refused(file, tmp_path, METHODS[method])
