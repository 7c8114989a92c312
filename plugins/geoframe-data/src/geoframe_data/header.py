"""Whether the first line of a table names its columns, and how. Torch-free."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geoframe.data import listed, shown
from geoframe.errors import DataError
from geoframe_data.conventions import SPACES
from geoframe_data.lines import Split
from geoframe_data.numerals import SIGN

MOST_TITLES = 10
LEAST_TITLED = 3
"""Columns from which a row with one cell is a title."""
LOOKED_AT = 1000
"""Rows below the first line that tell what a column holds."""
NUMERIC = re.compile(
    rf"{SIGN}[$€£¥]?{SIGN}(?:\d[\d.,'{SPACES}]*|\.\d+)(?:[eE][+-]?\d+)?[%€]?"
    rf"|{SIGN}(?:inf|infinity)|\d{{4}}[-/]\d\d?[-/]\d\d?.*|\d\d?[-/]\d\d?[-/]\d{{4}}.*",
    re.IGNORECASE,
)
"""What may be a number, or a date, in whatever convention."""
WORDS = re.compile(r"true|false|", re.IGNORECASE)
ABSENT = frozenset(("", "na", "nan", "none", "null", "n/a", "?", "-"))
"""Cells, in small letters, that say nothing about a column."""

Found = tuple[tuple[str, ...] | None, list[pa.Array], list[str]]


def find_header(
    path: Path, split: Split, header: bool | None, known: Sequence[str], places: int
) -> Found:
    """Names of the columns or None, the columns with a place in the first row, and notes.

    See :func:`geoframe_data.delimited.parse_delimited` for the arguments.

    Raises
    ------
    DataError
        If a row has more cells than the first, a name stands twice, or if it is unclear
        whether the first line is a header.
    """
    titles = 0 if header is False else titles_above(_rows(split, MOST_TITLES + 1))
    above = []
    if titles:
        above.append(title_note(str(split.columns[0][0]), titles))
        split = Split(
            [column[titles:] for column in split.columns],
            split.lines[titles:], split.widths[titles:], split.notes, split.delimiter,
        )  # fmt: skip
    columns, notes = without_surplus(path, split, int(split.widths[0]))
    notes = [*above, *notes]
    first = [str(column[0]).strip() for column in columns]
    if header is None:
        header = _is_header(path, split, columns, first, known, places)
    if not header:
        return None, columns, notes
    if first[-1] == "" and len(first) > 1 and not _filled(columns[-1][1:]).any():
        first, columns = first[:-1], columns[:-1]
        notes.append("the last column has neither name nor cells; left out")
    named = [name for name in first if name]
    if twice := [name for name, times in Counter(named).items() if times > 1]:
        raise DataError(f"{path}:{split.lines[0]}: two columns are named '{shown(twice[0])}'")
    return tuple(first), columns, notes


def titles_above(rows: Sequence[Sequence[str]]) -> int:
    """Number of rows with a title alone in their first cell, above one of names in every cell.

    Spreadsheets are exported so; a table of two columns is none, since a name may be missing there.
    """
    for number, row in enumerate(rows):
        if [place for place, cell in enumerate(row) if cell] != [0]:
            names = len({*row}) == len(row) >= LEAST_TITLED and not any(map(_numeric, row))
            return number if all(row) and names else 0
    return 0


def title_note(title: str, count: int) -> str:
    """Say that rows above the names of the columns were passed over."""
    more = f" and {count - 1} more" if count > 1 else ""
    return f"a title above the names of the columns{more} was passed over: {shown(title)}"


def _rows(split: Split, count: int) -> list[list[str]]:
    columns = [[str(cell).strip() for cell in each[:count].to_pylist()] for each in split.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def without_surplus(path: Path, split: Split, width: int) -> tuple[list[pa.Array], list[str]]:
    """Columns with a place in a row of ``width`` cells, and notes.

    Raises
    ------
    DataError
        If anything stands beyond them.
    """
    notes = []
    for column in split.columns[width:]:
        if (wrong := np.flatnonzero(_filled(column))).size:
            row = int(wrong[0])
            raise DataError(
                f"{path}:{split.lines[row]}: has {split.widths[row]} cells where the first line "
                f"has {width}; a cell too many is '{shown(column[row])}'"
            )
    if len(split.columns) > width:
        notes.append("rows end in further cells, which are empty everywhere; left out")
    if (short := np.flatnonzero(split.widths < width)).size:
        notes.append(
            f"rows with fewer cells than the first line: {len(short)}, the first in line "
            f"{split.lines[short[0]]}; the absent cells count as empty"
        )
    return split.columns[:width], notes


def _filled(column: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = pc.not_equal(pc.utf8_trim_whitespace(column), "")
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _is_header(
    path: Path,
    split: Split,
    columns: list[pa.Array],
    first: list[str],
    known: Sequence[str],
    places: int,
) -> bool:
    if {cell.lower() for cell in first} & {name.lower() for name in known}:
        return True
    counted = [str(place) for place in range(len(first))]
    if first[0] == "" and first[1:] == counted[:-1] and len(first) > 1:
        return True  # an index and the names that pandas gives
    below = [_present(column[1 : LOOKED_AT + 1]) for column in columns]
    found = _by_values(first, below, places, doubtful_numbers=first == counted)
    if found is None:
        raise DataError(
            f"{path}:{split.lines[0]}: {listed([repr(cell) for cell in first])} may be names of "
            "columns or data; set data.header to true or false"
        )
    return found


def _by_values(
    first: list[str], below: list[list[str]], places: int, *, doubtful_numbers: bool
) -> bool | None:
    """Whether the first line differs from what stands below it; None if that is unclear."""
    texts = [k for k, cell in enumerate(first) if cell.lower() not in ABSENT and not _numeric(cell)]
    numbers = [cell for cell in first if _numeric(cell)]
    if any(below[k] and all(map(_numeric_or_truth, below[k])) for k in texts):
        return True  # text above numbers
    if not texts:  # numbers alone are data; but 0, 1, 2, ... are the names that pandas gives
        return None if doubtful_numbers and len(first) > max(1, places) else False
    if not any(below):
        return not numbers
    if numbers and (places or any(not cell.lstrip("+-").isdigit() for cell in numbers)):
        return False  # nobody names a column 5.1
    # The ends of an edge are of one kind: a node may come again in the other column.
    pools = [below[0] + below[1]] * len(below) if places and len(below) > 1 else below
    again = sum(first[k] in pools[k] for k in texts)
    if 2 * again >= len(texts):
        return False
    repeated = all(2 * len(set(each)) <= len(each) for each in below)
    return True if repeated and not (again or numbers or places) else None


def _present(column: pa.Array) -> list[str]:
    cells = (str(cell).strip() for cell in column.to_pylist())
    return [cell for cell in cells if cell.lower() not in ABSENT]


def _numeric(cell: str) -> bool:
    return NUMERIC.fullmatch(cell) is not None


def _numeric_or_truth(cell: str) -> bool:
    return _numeric(cell) or WORDS.fullmatch(cell) is not None
