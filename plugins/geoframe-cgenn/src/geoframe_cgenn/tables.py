"""A user's file as a table, and its columns as vectors. Torch-free.

In an npz a vector may be one array ``(r, n)``; a set of particles a row is an array ``(g, m, n)``,
whose missing particles are NaN. Both become columns here, so that all that follows sees one form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoframe.data import listed
from geoframe.errors import DataError
from geoframe_cgenn.config import VectorDataConfig
from geoframe_data import Schema, Table, content_kind, open_file, read_table
from geoframe_data.arrays import load_arrays
from geoframe_data.cells import of_arrays
from geoframe_data.table import typed

SET = "set"
"""Column that numbers the sets of an npz with arrays ``(g, m, n)``."""
LARGEST = 1e30
"""Largest size of a number: networks compute in float32, which ends at 3e38."""


def read_columns(path: Path, config: VectorDataConfig, schema: Schema | None = None) -> Table:
    """Read the columns of a file.

    Parameters
    ----------
    schema
        Types of the training file, for new data.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    file = open_file(path, max_bytes=config.max_bytes)
    if content_kind(file) == "npz":
        cells = of_arrays(path, _flat(path, load_arrays(file, max_bytes=config.max_bytes)))
        return typed(cells, schema=schema, id=config.id)
    names = [*config.scalars, *config.target, *([config.group] if config.group else [])]
    for each in (*config.points, *config.vectors):
        names += each
    return read_table(path, known=names, schema=schema, **config.reading())


def _flat(path: Path, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Arrays as columns ``(r,)``: ``name``, or ``name_0``, ``name_1``, ... of one with two axes."""
    deep = [array.shape[:2] for array in arrays.values() if array.ndim == 3]
    if deep:
        arrays = _particles(path, arrays, deep[0])
    columns: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        if array.ndim == 2:
            columns |= {f"{name}_{at}": array[:, at] for at in range(array.shape[1])}
        else:
            columns[name] = array
    return columns


def _particles(
    path: Path, arrays: Mapping[str, NDArray[Any]], shape: tuple[int, ...]
) -> dict[str, NDArray[Any]]:
    """Arrays of padded sets as arrays of rows, and the number of each row's set."""
    sets, most = shape
    present = np.ones(shape, dtype=bool)
    for name, array in arrays.items():
        if array.shape[:1] != (sets,):
            raise DataError(
                f"{path}: array '{name}' has shape {array.shape}, not one of {sets} sets"
            )
        if array.ndim == 3:
            if array.shape[:2] != shape or array.dtype.kind not in "biuf":
                what = f"{array.dtype} {array.shape}"
                raise DataError(f"{path}: array '{name}' is {what}, not numbers of {shape} sets")
            present &= ~np.isnan(array).all(axis=-1)
    rows: dict[str, NDArray[Any]] = {SET: np.repeat(np.arange(sets), most)}
    for name, array in arrays.items():
        per_row = array.ndim == 3 or (array.ndim == 2 and array.shape == shape)
        rows[name] = (
            array.reshape(-1, *array.shape[2:]) if per_row else np.repeat(array, most, axis=0)
        )
    return {name: array[present.reshape(-1)] for name, array in rows.items()}


def vector_columns(table: Table, names: Sequence[str], option: str) -> list[str]:
    """Columns of a vector: those named, or ``name_0``, ``name_1``, ... of a single name.

    Raises
    ------
    DataError
        If there is no such column.
    """
    if len(names) == 1 and table.find(names[0]) is None:
        parts: list[str] = []
        while (found := table.find(f"{names[0]}_{len(parts)}")) is not None:
            parts.append(found)
        if parts:
            return parts
    return [table.column(name, option) for name in names]


def numbers(table: Table, names: Sequence[str], option: str) -> NDArray[np.float64]:
    """Finite numbers of some columns ``(r, k)``.

    Raises
    ------
    DataError
        If there is no such column, or it holds text, or a value is missing or beyond 1e30.
    """
    columns = vector_columns(table, names, option)
    for name in columns:
        if not table.schema[name].numeric:
            raise DataError(
                f"{table.origin}: {option}: column '{name}' holds {table.schema[name].kind}s, "
                "not numbers"
            )
    values = np.stack([table.numbers(name) for name in columns], axis=1)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0].tolist()
        rows = len(np.unique(bad[:, 0]))
        raise DataError(
            f"{table.where(row)}: {option}: no finite number in column '{columns[column]}' "
            f"({rows} such rows)"
        )
    if (size := float(np.abs(values).max(initial=0.0))) > LARGEST:
        raise DataError(
            f"{table.origin}: {option}: {listed(columns)}: numbers of size {size:.3g} do not fit "
            f"float32; give them in another unit, with sizes up to {LARGEST:g}"
        )
    return values
