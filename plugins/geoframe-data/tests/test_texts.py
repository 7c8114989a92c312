"""Every format and layout gives the same texts, and every bad one a line that says why."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from geoframe.errors import DataError
from geoframe_data import TextColumns, make_texts, read_text_cells
from geoframe_data.testing.files import SuiteFile, check_refused, named
from geoframe_data.testing.texts import (
    TEXTS,
    bad_texts,
    check_all_texts,
    check_texts,
    delimited,
    good_texts,
)
from geoframe_data.texts import Split

COLUMNS = TextColumns()


def load(path: Path) -> tuple[Split, tuple[str, ...]]:
    """All texts of a file in order, and the classes."""
    cells = read_text_cells(path, COLUMNS)
    texts = make_texts({**cells, "validation": cells["train"]}, COLUMNS)
    return texts.train, texts.classes


@pytest.mark.parametrize("file", named(good_texts()))
def test_every_file_holds_the_same_texts(tmp_path: Path, file: SuiteFile) -> None:
    check_texts(*load(file.write(tmp_path)), ordered=file.name != "classes")


@pytest.mark.parametrize("file", named(bad_texts()))
def test_bad_texts_get_one_line(tmp_path: Path, file: SuiteFile) -> None:
    check_refused(file, tmp_path, load)


def test_texts_that_are_missing_or_empty(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pd.DataFrame({"label": ["a", "b"], "text": ["x", None]}).to_parquet(path)
    with pytest.raises(DataError, match="row 2: 'text' is empty"):
        load(path)
    path = tmp_path / "x.csv"
    path.write_text("label,text\na,x\nb,\na,  \n")
    texts = make_texts(read_text_cells(path, COLUMNS), COLUMNS, holdout=0.3)
    assert texts.notes == ("2 of 3 texts of the train file are empty",)


def test_a_suite_for_readers_of_others(tmp_path: Path) -> None:
    check_all_texts(load, tmp_path)
    with pytest.raises(AssertionError):
        check_all_texts(lambda path: (load(path)[0].take([1, 0, 2, 3, 4, 5]), ()), tmp_path / "x")
    path = tmp_path / "other.csv"
    path.write_text(delimited(",", quoted=True).replace(TEXTS[2], "7"))
    with pytest.raises(AssertionError):
        check_texts(*load(path))
