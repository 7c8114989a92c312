"""Columns of texts by name. Torch-free."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute  # which pa.compute is, once it is imported

from geoframe.data import listed, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_data.cells import Cells
from geoframe_data.labels import canonical


def column_of(cells: Cells, name: str) -> pa.Array:
    """Return a column by its name, whatever its case.

    Raises
    ------
    DataError
        If there is no such column.
    """
    if name in cells.names:
        return cells.columns[cells.names.index(name)]
    alike = [k for k, each in enumerate(cells.names) if each.lower() == name.lower()]
    if len(alike) != 1:
        raise DataError(
            f"{cells.path}: no column '{name}'{did_you_mean(name, cells.names)}; it has "
            f"{listed(cells.names)} (data.text, data.label and others name columns)"
        )
    return cells.columns[alike[0]]


def text_column(cells: Cells, name: str, *, empty: bool = False) -> list[str]:
    """Return a column of texts as they are written.

    Parameters
    ----------
    empty
        Whether an absent text is an empty one.

    Raises
    ------
    DataError
        If there is no such column, or a text is absent or a list.
    """
    column = column_of(cells, name)
    if pa.types.is_nested(column.type):
        raise DataError(f"{cells.where(0)}: '{name}' is '{shown(column[0].as_py())}', not a text")
    if column.null_count and empty:
        column = pa.compute.fill_null(column, "")
    elif column.null_count:
        row = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise DataError(f"{cells.where(row)}: '{name}' is empty")
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return [str(text) for text in column.to_pylist()]
    return [canonical(value) for value in column.to_pylist()]
