"""Reading distances: square matrices, triangles, condensed vectors and PHYLIP, in any format."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.spatial.distance import squareform

from geoframe.data import MAX_BYTES, is_number, listed, shown
from geoframe.errors import DataError
from geoframe_data.arrays import load_arrays
from geoframe_data.cells import Cells, read_cells
from geoframe_data.columns import as_texts
from geoframe_data.delimited import BLANKS, delimiter_of
from geoframe_data.distances import ROUNDING, Distances, rounding
from geoframe_data.files import UserFile, open_file
from geoframe_data.formats import format_of
from geoframe_data.frames import frame_cells
from geoframe_data.graph import Floats
from geoframe_data.graphs.records import text_of
from geoframe_data.lines import split_cells
from geoframe_data.matrix_market import read_matrix
from geoframe_data.numerals import parse_numbers

SUFFIXES: Mapping[str, str] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".dist": "csv",
    ".phy": "csv",
    ".phylip": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "feather",
    ".npy": "npy",
    ".npz": "npz",
    ".mtx": "mtx",
}
"""File suffix -> format."""
KEYS = ("distances", "distance", "matrix", "D")
"""Arrays that hold distances."""
NAMES = ("name", "names", "label", "labels")
ABSENT = frozenset(("", "na", "nan", "none", "null"))
PHYLIP = re.compile(r"\s*[1-9]\d*\s*(?:lower|upper|square|full)?\s*\n", re.IGNORECASE)


def read_distances(
    data: Any,
    *,
    format: str = "auto",
    name: str = "name",
    delimiter: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> Distances:
    """Read distances between all pairs of items.

    Parameters
    ----------
    data
        Path of a file: a text with or without names in the first line and column, a triangle, or
        PHYLIP; Parquet, Feather, npy, npz or mtx. Or an array ``(n, n)`` or condensed, or a frame.
    format
        ``csv``, ``parquet``, ``feather``, ``npy``, ``npz`` or ``mtx``; ``auto`` looks.
    name
        Array (of an npz) or column that holds the items' names.
    delimiter, max_bytes
        See :func:`geoframe_data.read_delimited`.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    if isinstance(data, (str, Path)):
        file = open_file(Path(data), max_bytes=max_bytes)
        found = format_of(file, SUFFIXES, wanted="csv" if format == "tsv" else format)
        if found in ("npy", "npz"):
            arrays = load_arrays(file, one=KEYS[0], max_bytes=max_bytes)
            return _of_arrays(arrays, name, str(file.path))
        if found == "mtx":
            values = read_matrix(file)
            return of_array(values, str(file.path), tuple(map(str, range(1, len(values) + 1))))
        return _of_text(file, delimiter) if found == "csv" else _of_cells(read_cells(file), name)
    if isinstance(data, pd.DataFrame):
        return _of_cells(frame_cells(data), name)
    return of_array(np.asarray(data), "array")


def of_array(
    array: NDArray[Any], origin: str, names: Sequence[str] | None = None, notes: Sequence[str] = ()
) -> Distances:
    """Make distances of an array ``(n, n)`` or of a condensed one ``(n (n - 1) / 2,)``.

    A triangle, whose other half is empty or 0 throughout, is mirrored.

    Raises
    ------
    DataError
        If it is neither, or holds no numbers.
    """
    if array.dtype.kind not in "biuf":
        raise DataError(f"{origin}: the distances are {array.dtype}, expected numbers")
    relative, repairs = rounding(array.dtype, array), [*notes]
    values = array.astype(np.float64)
    if values.ndim == 1:
        n = round((1 + np.sqrt(1 + 8 * len(values))) / 2)
        if len(values) == 0 or n * (n - 1) // 2 != len(values):
            raise DataError(
                f"{origin}: {len(values)} numbers are no condensed distances of all pairs, "
                "n (n - 1) / 2; give a square matrix"
            )
        values = squareform(values, checks=False)
        repairs.append(f"took {len(array)} numbers for the condensed distances of {n} items")
    elif values.ndim != 2 or values.shape[0] != values.shape[1]:
        shape = " x ".join(map(str, values.shape))
        raise DataError(f"{origin}: the distances are {shape}; a distance matrix is square")
    values, side = _mirrored(values)
    if side:
        repairs.append(f"the matrix is the {side} triangle; the other half was filled in")
    names = tuple(map(str, range(len(values)))) if names is None else names
    if len(names) != len(values):
        raise DataError(f"{origin}: {len(names)} names for {len(values)} items")
    return Distances(names=names, values=values, rounding=relative, origin=origin, repairs=repairs)


def _mirrored(values: Floats) -> tuple[Floats, str]:
    """A matrix with both halves, and which of them was the only one."""
    if len(values) < 2:
        return values, ""
    said = np.nan_to_num(values) != 0
    lower, upper = np.tril(said, -1).any(), np.triu(said, 1).any()
    if lower == upper:
        return values, ""
    half = np.tril(values, -1) if lower else np.triu(values, 1)
    full = half + half.T
    np.fill_diagonal(full, values.diagonal())
    return full, "lower" if lower else "upper"


def _of_arrays(arrays: Mapping[str, NDArray[Any]], name: str, origin: str) -> Distances:
    key = next((key for key in KEYS if key in arrays), None)
    if key is None and len(arrays) == 1:
        key = next(iter(arrays))
    if key is None:
        raise DataError(f"{origin}: has no array 'distances' (arrays: {listed([*arrays])})")
    found = next((arrays[each] for each in (name, *NAMES) if each in arrays), None)
    names = None if found is None else tuple(text_of(each) for each in found.reshape(-1).tolist())
    return of_array(arrays[key], origin, names)


def _of_cells(cells: Cells, name: str) -> Distances:
    names, columns, origin = cells.names, cells.columns, str(cells.path)
    if name in names or len(names) == len(cells) + 1:
        key = names.index(name) if name in names else 0
        rows = tuple(as_texts(columns[key]).to_pylist())
        names, columns = names[:key] + names[key + 1 :], columns[:key] + columns[key + 1 :]
        _check_order(rows, names, origin)
    for each, column in zip(names, columns, strict=True):
        if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
            raise DataError(f"{origin}: column '{shown(each)}' holds no numbers")
    arrays = [column.to_numpy(zero_copy_only=False) for column in columns]
    return of_array(np.stack(arrays, axis=1), origin, names)


def _of_text(file: UserFile, delimiter: str | None) -> Distances:
    text = file.text()
    if PHYLIP.match(text):
        return _of_phylip(file, text)
    split = split_cells(file.path, text, delimiter_of(delimiter) or of_triangle(text))
    cells = [pa.compute.utf8_trim_whitespace(column).to_pylist() for column in split.columns]
    grid = np.array(cells, dtype=object).T
    widths, where = split.widths, str(file.path)
    rows, columns = grid.shape
    if columns == 1 and rows > 2:
        column = _numbers(file.path, grid, split.lines)[:, 0]
        return of_array(column, where, notes=split.notes)
    shorter = rows == columns and widths[0] == columns - 1  # R leaves the corner out
    if shorter:
        grid[0, 1:], grid[0, 0] = grid[0, :-1].copy(), ""
    corner = grid[0, 0]
    triangle = bool((np.diff(widths) == 1).all()) and rows > 1 and not shorter
    names: tuple[str, ...] | None = None
    below = grid
    if triangle and not is_number(corner):
        names, below = tuple(grid[:, 0]), grid[:, 1:]  # names, and one number more in each line
    elif rows == columns and not is_number(corner):
        names, below = tuple(grid[1:, 0]), grid[1:, 1:]
        _check_order(names, tuple(grid[0, 1:]), where)
    elif rows == columns + 1 and corner:
        names, below = tuple(grid[0]), grid[1:]
    elif columns == rows + 1 and not is_number(corner) and is_number(grid[0, 1]):
        names, below = tuple(grid[:, 0]), grid[:, 1:]
    if triangle and below.shape[1] == len(below) - 1:  # without the zeros of the diagonal
        below = np.column_stack([below, np.full(len(below), "0", dtype=object)])
    if below.shape[0] != below.shape[1]:
        raise DataError(
            f"{where}: {rows} lines of {columns} cells are no distance matrix, which is square, "
            "with or without names in the first line and column"
        )
    lines = split.lines[len(grid) - len(below) :]
    notes = [note for note in split.notes if not triangle or "fewer cells" not in note]
    values = _numbers(file.path, below, lines)
    return _of_decimals(values, where, names, notes)


def of_triangle(text: str) -> str | None:
    """The delimiter of a triangle between blanks, which splits no two lines alike."""
    words = [len(line.split()) for line in text.splitlines() if line.strip()]
    return BLANKS if len(words) > 1 and (np.diff(words) == 1).all() else None


def _of_decimals(
    values: Floats, where: str, names: tuple[str, ...] | None, notes: Sequence[str]
) -> Distances:
    """Distances written as text, which are rarely written to the last digit."""
    found = of_array(values, where, names, notes)
    return Distances(
        names=found.names,
        values=found.values,
        rounding=ROUNDING["float32"],
        origin=where,
        repairs=found.repairs,
    )


def _of_phylip(file: UserFile, text: str) -> Distances:
    """A count, and for each item its name and all its distances, or those to the items above."""
    lines = text.splitlines()
    n = int(lines[0].split()[0])
    rows: list[list[str]] = []
    for line in lines[1:]:
        if line[:1].isspace() and rows and is_number(line.split()[0] if line.split() else ""):
            rows[-1] += line.split()  # a row goes on
        elif line.strip():
            rows.append(line.split())
    if len(rows) != n:
        raise DataError(f"{file.path}: announces {n} items and has {len(rows)}")
    grid = np.full((n, n), "nan", dtype=object)
    for index, row in enumerate(rows):
        if len(row) - 1 not in (n, index, index + 1, n - index - 1):
            raise DataError(
                f"{file.path}: item {index + 1} ('{shown(row[0])}') has {len(row) - 1} distances; "
                f"needed are {n}, or {index} to the items above it"
            )
        upper = len(rows[0]) - 1 == n - 1 and n > 1 and len(row) - 1 == n - index - 1
        start = index + 1 if upper else 0
        grid[index, start : start + len(row) - 1] = row[1:]
    names = tuple(row[0] for row in rows)
    values = _numbers(file.path, grid, np.arange(2, n + 2))
    return _of_decimals(values, str(file.path), names, [])


def _check_order(rows: tuple[str, ...], columns: tuple[str, ...], where: str) -> None:
    if rows != columns:
        raise DataError(f"{where}: the names of the lines are not those of the columns, in order")


def _numbers(path: Path, cells: NDArray[Any], lines: NDArray[np.int64]) -> Floats:
    """Cells as numbers ``(rows, columns)``, NaN where they say nothing."""
    flat = [str(cell) for cell in cells.reshape(-1)]
    values = parse_numbers(pa.array(flat, pa.large_string())).reshape(cells.shape)
    for row, column in np.argwhere(np.isnan(values)).tolist():
        if cells[row, column].lower() not in ABSENT:
            raise DataError(
                f"{path}:{lines[row]}: column {column + 1}: '{shown(cells[row, column])}' is not "
                "a number; write it like 0.5 or 1e-3"
            )
    return values
