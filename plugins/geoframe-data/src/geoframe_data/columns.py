"""Types of columns, found over a whole file, and columns read by their types. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_data.conventions import (
    LEADING_ZERO,
    PLAIN,
    Convention,
    Where,
    find_convention,
    is_grouped,
)
from geoframe_data.numerals import SIGN, all_match, is_missing, matches, plain_numbers
from geoframe_data.schema import ColumnType, Kind
from geoframe_data.written_dates import EXAMPLES, ISO, find_order, parse_dates

WORDS = r"(?i:na|n/a|#n/a|<na>|none|null|\?|\.|--?|[–—]|#(?:div/0|value|num|ref)!)"
"""What stands for a missing number, a spreadsheet's errors too; in a column of text, texts."""
TRUTH = r"(?i:true|false)"
WHOLE = rf"{SIGN}\d+"
WHOLE_FLOAT = rf"{SIGN}\d+(?:\.0*)?"
EXACT = 2**53
"""Where float64 begins to round whole numbers: longer ones are names."""
LONG = "column '{}' holds whole numbers of more than 15 digits, which are read as names"
MOSTLY = 0.9
"""Share of numbers above which a column of texts is told of: one cell may be a slip."""

LOOKED_AT = 100_000
"""Rows in which spellings of categories are compared."""
MANY = 100
"""More different texts than this are no categories."""


def find_types(
    names: Sequence[str],
    columns: Sequence[pa.Array],
    where: Where,
    *,
    decimal: str | None = None,
    thousands: str | None = None,
) -> tuple[list[ColumnType], list[str]]:
    """Find the types of all columns of a file, and what there is to say of them.

    Parameters
    ----------
    columns
        Texts, or arrays of the types that the file declares.

    Raises
    ------
    DataError
        If a column of numbers can be read in two ways, or carries signs.
    """
    types, notes = [], []
    for name, column in zip(names, columns, strict=True):
        if not pa.types.is_large_string(column.type):
            types.append(ColumnType(name=name, kind=_declared(column)))
            continue
        found, note = _type_of_texts(name, column, where, decimal, thousands)
        types.append(found)
        notes += note
    if decimal is None and any(each.decimal == "," for each in types):
        for found, column in zip(types, columns, strict=True):
            if found.kind == "number" and found.decimal == "." and is_grouped(_present(column)):
                cell = shown(_present(column)[0])
                raise DataError(
                    f"{where(0)}: column '{shown(found.name)}': '{cell}' may be written with a "
                    "decimal point or with one between thousands, since another column has a "
                    "decimal comma; set data.decimal or data.thousands"
                )
    return types, notes


def _present(cells: pa.Array) -> pa.Array:
    return cells.filter(pa.array(~is_missing(cells) & ~matches(cells, WORDS)))


def _type_of_texts(
    name: str, cells: pa.Array, where: Where, decimal: str | None, thousands: str | None
) -> tuple[ColumnType, list[str]]:
    values = plain_numbers(cells) if decimal is None and thousands is None else None
    if values is not None and not matches(cells, LEADING_ZERO).any():
        return _type_of_numbers(name, cells, values)
    there = ~is_missing(cells)
    if not there.any():
        return ColumnType(name=name, kind="empty"), []
    words = matches(cells, WORDS)
    rows = np.flatnonzero(there & ~words)
    present = cells.take(pa.array(rows))
    if not len(rows):
        return ColumnType(name=name, kind="text"), []

    def place(row: int) -> str:
        return where(int(rows[row]))

    convention = find_convention(name, present, place, decimal=decimal, thousands=thousands)
    if convention is not None:
        gaps = len(rows) < len(cells)
        plain = convention.ungrouped(present)
        kind: Kind = "integer" if _whole(plain, gaps=gaps) else "number"
        if kind == "integer" and np.abs(convention.parse(present)).max() >= EXACT:
            return ColumnType(name=name, kind="text"), [LONG.format(name)]
        found = ColumnType(
            name=name, kind=kind, decimal=convention.decimal, thousands=convention.thousands
        )
        if convention == PLAIN:
            return found, []
        marks = [f"'{convention.decimal}' for decimals"] if convention.decimal != "." else []
        marks += [f"'{convention.thousands}' between thousands"] if convention.thousands else []
        return found, [f"column '{name}' is read with {' and '.join(marks)}"]
    order, note = find_order(name, present)
    said = [note] if note else []
    if order is not None:
        return ColumnType(name=name, kind="date", dates=order), said
    texts = cells.filter(pa.array(there))
    if all_match(texts, TRUTH):
        return ColumnType(name=name, kind="boolean"), []
    said = said or _nearly_numbers(name, present, place) or _spellings(name, texts)
    return ColumnType(name=name, kind="text"), said


def _type_of_numbers(
    name: str, cells: pa.Array, values: NDArray[np.float64]
) -> tuple[ColumnType, list[str]]:
    """Type of a column of plain numbers; NaN where one is missing."""
    there = ~np.isnan(values)
    if not there.any():
        return ColumnType(name=name, kind="empty"), []
    if not _all_whole(values):
        return ColumnType(name=name, kind="number"), []
    present = cells if there.all() else cells.filter(pa.array(there))
    if not _whole(present, gaps=not there.all()):
        return ColumnType(name=name, kind="number"), []
    if np.nanmax(np.abs(values)) >= EXACT:
        return ColumnType(name=name, kind="text"), [LONG.format(name)]
    return ColumnType(name=name, kind="integer"), []


def _nearly_numbers(name: str, present: pa.Array, place: Where) -> list[str]:
    other = np.flatnonzero(np.isnan(PLAIN.parse(present)))
    if not len(other) or len(other) > (1 - MOSTLY) * len(present):
        return []
    first = int(other[0])
    cell = shown(present[first])
    return [f"column '{name}' holds texts, since '{cell}' ({place(first)}) is no number"]


def _spellings(name: str, texts: pa.Array) -> list[str]:
    """Tell of categories that differ in capitals alone: ``yes`` and ``Yes`` are two."""
    known: dict[str, str] = {}
    distinct = pc.unique(texts[:LOOKED_AT])
    for text in distinct.to_pylist() if len(distinct) <= MANY else ():
        other = known.setdefault(text.lower(), text)
        if other != text:
            return [f"column '{name}' holds '{shown(other)}' and '{shown(text)}', two categories"]
    return []


def _whole(cells: pa.Array, *, gaps: bool) -> bool:
    """Whether numbers are integers; pandas writes those of a column with gaps as ``1.0``."""
    if not all_match(cells, WHOLE_FLOAT):
        return False
    integers = matches(cells, WHOLE)
    return bool(integers.all()) or gaps or bool(integers.any())


def _declared(column: pa.Array) -> Kind:
    """Kind of a column whose file declares its type."""
    kind = column.type
    if column.null_count == len(column):
        return "empty"
    if pa.types.is_dictionary(kind):
        return _declared(column.cast(kind.value_type))
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        most = np.abs(pc.cast(column, pa.float64(), safe=False).drop_null().to_numpy()).max()
        return "integer" if most < EXACT else "text"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values = pc.cast(column, pa.float64()).drop_null().to_numpy()
        gaps = column.null_count > 0 or bool(np.isnan(values).any())
        values = values[~np.isnan(values)]
        if not len(values):
            return "empty"
        return "integer" if gaps and bool((values == np.round(values)).all()) else "number"
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return "date"
    if pa.types.is_nested(kind):
        return "nested"
    present = as_texts(column)
    present = present.filter(pa.array(~is_missing(present)))
    return "date" if all_match(present, ISO) and find_order("", present)[0] else "text"


def read_column(found: ColumnType, cells: pa.Array, where: Where) -> pd.Series[Any]:
    """Values of a column of the given type, in a file of any kind.

    Returns
    -------
    Series
        ``integer``: int64, or Int64 where values are missing; ``number``: float64; ``date``:
        datetime64 in UTC; ``boolean`` and ``text``: texts (``True``, ``False``), None where
        missing.

    Raises
    ------
    DataError
        Naming the first cell that does not fit the type.
    """
    if found.numeric:
        values = _numbers(found, cells, where)
        if found.kind == "number" or not _all_whole(values):  # new data may be finer
            return pd.Series(values, name=found.name)
        gaps = np.isnan(values)
        integers = np.where(gaps, 0, values).astype(np.int64)
        if gaps.any():
            return pd.Series(pd.arrays.IntegerArray(integers, gaps), name=found.name)
        return pd.Series(integers, name=found.name)
    if found.kind == "date":
        return _dates(found, cells, where)
    if found.kind == "nested":
        return pd.Series(cells.to_pylist(), name=found.name, dtype=object)
    texts = as_texts(cells)
    missing = is_missing(texts)
    plain = texts.to_numpy(zero_copy_only=False).astype(object)
    if found.kind == "boolean":
        truth = matches(texts, TRUTH)
        plain[truth] = [str(text).capitalize() for text in plain[truth]]
    plain[missing] = None
    return pd.Series(plain, name=found.name, dtype=object)


def as_texts(cells: pa.Array) -> pa.Array:
    """Cells as stripped texts: whole numbers without decimals, None and NaN empty."""
    if pa.types.is_large_string(cells.type):
        return cells
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    if pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
        return pc.utf8_trim_whitespace(pc.fill_null(cells.cast(pa.large_string()), ""))
    values = ["" if value is None or value != value else value for value in cells.to_pylist()]
    plain = [int(v) if isinstance(v, float) and v.is_integer() else v for v in values]
    return pa.array([str(value).strip() for value in plain], pa.large_string())


def _numbers(found: ColumnType, cells: pa.Array, where: Where) -> NDArray[np.float64]:
    if not pa.types.is_large_string(cells.type):
        kind = cells.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            plain = pc.cast(cells, pa.float64(), safe=False)
            declared: NDArray[np.float64] = plain.to_numpy(zero_copy_only=False)
            return declared
        cells = as_texts(cells)
    values = Convention(found.decimal, found.thousands).parse(cells)
    if not np.isnan(values).any():
        return values
    wrong = np.isnan(values) & ~is_missing(cells) & ~matches(cells, WORDS)
    if wrong.any():
        raise _misfit(found, cells, wrong, where, "numbers, as in training")
    return values


def _all_whole(values: NDArray[np.float64]) -> bool:
    present = values[~np.isnan(values)]
    return bool(np.isfinite(present).all()) and bool((present == np.round(present)).all())


def _dates(found: ColumnType, cells: pa.Array, where: Where) -> pd.Series[Any]:
    if pa.types.is_timestamp(cells.type) or pa.types.is_date(cells.type):
        return pd.to_datetime(pd.Series(cells.to_pandas(), name=found.name), utc=True)
    texts = as_texts(cells)
    absent = is_missing(texts) | matches(texts, f"{WORDS}|(?i:nat)")
    plain = pc.if_else(pa.array(absent), None, texts)
    dates = parse_dates(plain, found.dates)
    if (wrong := dates.isna().to_numpy() & ~absent).any():
        wanted = f"dates ({EXAMPLES[found.dates]}), as in training"
        raise _misfit(found, texts, wrong, where, wanted)
    return pd.Series(dates, name=found.name)


def _misfit(
    found: ColumnType, cells: pa.Array, wrong: NDArray[np.bool_], where: Where, wanted: str
) -> DataError:
    row = int(np.flatnonzero(wrong)[0])
    return DataError(
        f"{where(row)}: column '{shown(found.name)}' should hold {wanted}; there is "
        f"'{shown(cells[row])}'"
    )
