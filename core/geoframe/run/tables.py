"""Tables and named arrays to a file that other tools read: npz, CSV or Parquet by suffix."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.errors import DataError
from geoframe.run.files import write_bytes

SUFFIXES = (".npz", ".csv", ".parquet")


def check_table_suffix(path: Path) -> None:
    """Raise :class:`DataError` unless the suffix of ``path`` is one that can be written."""
    if path.suffix not in SUFFIXES:
        raise DataError(f"{path}: cannot tell the format; use one of {', '.join(SUFFIXES)}")


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a table with its index, replacing ``path`` at once.

    Parameters
    ----------
    path
        Ends in ``.npz`` (an array a column), ``.csv`` or ``.parquet``.

    Raises
    ------
    DataError
        If the suffix is another.
    RunError
        If the file cannot be written.
    """
    check_table_suffix(path)
    plain = frame.reset_index()
    content = BytesIO()
    if path.suffix == ".npz":
        arrays = {str(name): _array(plain[name]) for name in plain}
        np.savez_compressed(content, allow_pickle=False, **arrays)
    elif path.suffix == ".csv":
        plain.to_csv(content, index=False)
    else:
        plain.to_parquet(content, index=False)
    write_bytes(path, content.getvalue())


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays ``(n, ...)`` of equal length, replacing ``path`` at once.

    An npz keeps them as they are; elsewhere this is :func:`write_frame` of :func:`frame_of`.

    Raises
    ------
    DataError
        If the suffix is another than ``.npz``, ``.csv`` and ``.parquet``.
    RunError
        If the file cannot be written.
    """
    check_table_suffix(path)
    if path.suffix != ".npz":
        frame = frame_of(arrays)
        write_frame(path, frame.set_index(frame.columns[0]) if len(frame.columns) else frame)
        return
    content = BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    write_bytes(path, content.getvalue())


def frame_of(arrays: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    """Make a table of arrays ``(n, ...)``; one with several columns becomes ``name_0``, ..."""
    columns: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        if array.ndim == 1:
            columns[name] = array
            continue
        flat = array.reshape(len(array), -1)
        columns |= {f"{name}_{index}": flat[:, index] for index in range(flat.shape[1])}
    return pd.DataFrame(columns)


def _array(column: pd.Series[Any]) -> NDArray[Any]:
    """Return a column as numpy stores it without Python objects."""
    array = column.to_numpy()
    return array.astype(np.str_) if array.dtype == object else array
