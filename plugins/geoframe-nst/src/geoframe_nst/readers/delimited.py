"""Delimited text (CSV, TSV, blanks) as a table of strings that knows its line numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.data import decode, is_number, listed, read_bytes, shown
from geoframe.errors import DataError, did_you_mean

DELIMITERS = "\t,;|"
BLANKS = r"\s+"


@attrs.frozen(eq=False)
class TextTable:
    """Columns of stripped strings; an absent cell is the empty string."""

    path: Path
    frame: pd.DataFrame
    lines: NDArray[np.int64]
    """Line of each row in the file, from 1."""

    def column(self, name: str, option: str) -> pd.Series:
        """Return a column by name; ``option`` is the config key that named it.

        Raises
        ------
        DataError
            If there is none; the message lists the columns and the closest one.
        """
        found = self.find(name)
        if found is None:
            raise DataError(
                f"{self.path}: no column '{shown(name)}'{did_you_mean(name, self.columns)} "
                f"(columns: {listed(self.columns)}); name it with data.{option}"
            )
        return self.frame[found]

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""
        return [str(column) for column in self.frame.columns]

    def find(self, name: str) -> str | None:
        """Return the column of that name, or else the one that differs by case only."""
        if name in self.columns:
            return name
        alike = [column for column in self.columns if column.lower() == name.lower()]
        return alike[0] if len(alike) == 1 else None

    def filled(self, name: str, option: str) -> pd.Series:
        """Return a column that must have no empty cell."""
        column = self.column(name, option)
        empty = np.flatnonzero((column == "").to_numpy(dtype=bool))
        if len(empty):
            raise DataError(
                f"{self.path}:{self.lines[empty[0]]}: column '{shown(name)}' is empty; "
                "fill it or remove the line"
            )
        return column

    def numbers(self, name: str, option: str, *, blank: bool = False) -> NDArray[np.float64]:
        """Return a column as float64; empty cells are NaN if ``blank`` is allowed.

        Raises
        ------
        DataError
            Naming the line of the first cell that is not a number.
        """
        column = self.column(name, option) if blank else self.filled(name, option)
        values = to_numbers(column)
        bad = np.flatnonzero(np.isnan(values) & ~is_nan_text(column))
        if len(bad):
            raise DataError(
                f"{self.path}:{self.lines[bad[0]]}: {name} '{shown(column.iloc[bad[0]])}' "
                "is not a number; write it like 0.5 or 1e-3"
            )
        return values


def to_numbers(column: pd.Series) -> NDArray[np.float64]:
    """Parse strings as float64, NaN for what is not a number."""
    values: NDArray[np.float64] = pd.to_numeric(column, errors="coerce").to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    return values


def is_nan_text(column: pd.Series) -> NDArray[np.bool_]:
    """Tell where a cell is empty or spells NaN out."""
    spelled: NDArray[np.bool_] = column.str.lower().isin(["", "nan"]).to_numpy(dtype=bool)
    return spelled


def read_delimited(
    path: Path, *, tabs: bool, header: bool | None, known: Sequence[str], positional: Sequence[str]
) -> TextTable:
    """Read delimited text as strings.

    Blank lines, lines that begin with ``#`` (quote a name that does) and a byte order mark are
    passed over; the delimiter is the one among tab, comma, semicolon, bar and blanks that splits
    the first lines evenly.

    Parameters
    ----------
    tabs
        The delimiter is a tab, whatever the lines look like.
    header
        Whether the first line names the columns; None finds out: it does if it contains one of
        the names ``known``, or if something stands in the third column that is not a number.
    positional
        Names of the columns of a file without a header; further ones are numbered.

    Raises
    ------
    DataError
        If the file is missing, empty, not UTF-8, ragged, or if it stays unclear whether the
        first line is a header.
    """
    text = decode(path, read_bytes(path))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = [
        index
        for index, line in enumerate(lines)
        if line and not line.isspace() and not line.lstrip().startswith("#")
    ]
    if not kept:
        raise DataError(f"{path}: holds no data, only comments and blank lines")
    if any("\0" in lines[index] for index in kept[:100]):
        raise DataError(f"{path}: is a binary file, not text; set data.format")
    if len(kept) < len(lines):
        lines = [lines[index] for index in kept]
    numbers = np.asarray(kept, dtype=np.int64) + 1
    separator = "\t" if tabs else sniff(path, lines[:50], narrow=not positional)
    frame = _parse(path, lines, separator, numbers)
    if len(frame) != len(numbers):  # quoted cells with line breaks: count rows instead
        numbers = np.arange(1, len(frame) + 1)
    if header is None:
        header = _has_header(path, frame, known)
    if header:
        columns = [str(name) for name in frame.iloc[0]]
        if len(set(columns)) < len(columns):
            twice = next(name for name in columns if columns.count(name) > 1)
            raise DataError(f"{path}:{numbers[0]}: two columns are named '{shown(twice)}'")
        frame, numbers = frame.iloc[1:].reset_index(drop=True), numbers[1:]
        if frame.empty:
            raise DataError(f"{path}: holds a header but no rows")
    else:
        rest = [f"column {k + 1}" for k in range(len(positional), frame.shape[1])]
        columns = [*positional[: frame.shape[1]], *rest]
    frame.columns = pd.Index(columns)
    return TextTable(path, frame, numbers)


def sniff(path: Path, lines: Sequence[str], *, narrow: bool) -> str:
    """Return the delimiter that splits all lines into the same number, > 1, of cells.

    A ``narrow`` table may have a single column, which any delimiter then leaves whole.
    """
    try:
        widths = {
            mark: {len(row) for row in csv.reader(lines, delimiter=mark)} for mark in DELIMITERS
        }
    except csv.Error as error:
        raise DataError(f"{path}: cannot be read as a table: {shown(error)}") from None
    even = [mark for mark in DELIMITERS if len(widths[mark]) == 1 and widths[mark] != {1}]
    uneven = [mark for mark in DELIMITERS if max(widths[mark]) > 1]
    if even:
        return max(even, key=lambda mark: max(widths[mark]))
    if all(len(line.split()) > 1 for line in lines):
        return BLANKS
    if uneven:  # ragged: the message about the row is more telling than one about delimiters
        return max(uneven, key=lambda mark: max(widths[mark]))
    if narrow:
        return ","
    raise DataError(f"{path}: has one column only; an edge needs a source and a target column")


def _parse(
    path: Path, lines: list[str], separator: str, numbers: NDArray[np.int64]
) -> pd.DataFrame:
    try:
        frame = pd.read_csv(
            io.StringIO("\n".join(lines)),
            sep=separator,
            header=None,
            dtype=str,
            na_filter=False,
            skipinitialspace=True,
        )
    except pd.errors.ParserError as error:
        if found := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error)):
            expected, row, saw = (int(group) for group in found.groups())
            raise DataError(
                f"{path}:{numbers[row - 1]}: has {saw} columns where the first line has {expected}"
            ) from None
        if "EOF inside string" in str(error):
            raise DataError(
                f"{path}: a quotation mark is never closed; close or remove it"
            ) from None
        raise DataError(f"{path}: cannot be read as a table: {shown(error)}") from None
    for column in frame.columns:
        frame[column] = frame[column].str.strip()
    return frame


def _has_header(path: Path, frame: pd.DataFrame, known: Sequence[str]) -> bool:
    first = [str(cell) for cell in frame.iloc[0]]
    if {cell.lower() for cell in first} & {name.lower() for name in known}:
        return True
    if len(first) > 2:
        return not is_number(first[2])
    ends = frame.iloc[1:, :2].to_numpy().ravel()
    if not any(is_number(cell) for cell in first) and not np.isin(first, ends).any():
        raise DataError(
            f"{path}: '{shown(first[0])}', '{shown(first[-1])}' may be column names or an edge; "
            "set data.header to true or false (data.source and data.target name the columns)"
        )
    return False
