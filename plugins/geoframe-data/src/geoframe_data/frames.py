"""Frames and arrays as tables, and columns as numbers or texts. Torch-free."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike

from geoframe.errors import DataError
from geoframe_data.cells import Cells, unnamed
from geoframe_data.columns import as_texts
from geoframe_data.schema import Schema
from geoframe_data.table import Table, typed


def as_table(data: pd.DataFrame | ArrayLike, *, schema: Schema | None = None) -> Table:
    """Make a table of a frame or of an array ``(n, columns)``, typed as a file would be.

    Raises
    ------
    DataError
        If an array has not two axes, or columns cannot be read.
    """
    if not isinstance(data, pd.DataFrame):
        array = np.asarray(data)
        if array.ndim != 2:
            raise DataError(f"a table has rows and columns; this one has the shape {array.shape}")
        data = pd.DataFrame(array, columns=list(unnamed(array.shape[1])))
    return typed(frame_cells(data), schema=schema)


def frame_cells(data: pd.DataFrame) -> Cells:
    """Columns of a frame, not yet typed; an index with names of its own becomes the first."""
    if not isinstance(data.index, pd.RangeIndex):
        data = data.reset_index(names=str(data.index.name or ""))
    columns = []
    for place in range(data.shape[1]):
        series = data.iloc[:, place]
        try:
            columns.append(pa.array(series, from_pandas=True))
        except (pa.ArrowException, TypeError, ValueError):  # of several types
            values = series.astype(object).where(series.notna(), None)
            columns.append(as_texts(pa.array([_plain(value) for value in values], pa.string())))
    return Cells(
        path=Path("the table"),
        names=tuple(str(name) for name in data.columns),
        columns=tuple(_declared_texts(column) for column in columns),
    )


def _plain(value: object) -> str | None:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return None if value is None else str(value)


def _declared_texts(column: pa.Array) -> pa.Array:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return as_texts(column.cast(pa.string())).cast(pa.string())
    return column
