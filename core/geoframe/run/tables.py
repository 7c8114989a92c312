"""Named arrays to a file that other tools read: npz, CSV or Parquet by suffix."""

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
    """Raise :class:`DataError` unless :func:`write_arrays` knows the suffix of ``path``."""
    if path.suffix not in SUFFIXES:
        raise DataError(f"{path}: cannot tell the format; use one of {', '.join(SUFFIXES)}")


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays of equal length, replacing ``path`` at once.

    Parameters
    ----------
    path
        Ends in ``.npz``, ``.csv`` or ``.parquet``.
    arrays
        Arrays ``(n, ...)``. An npz keeps them as they are; in a table an array with several
        columns becomes ``name_0``, ``name_1``, ...

    Raises
    ------
    DataError
        If the suffix is another.
    RunError
        If the file cannot be written.
    """
    check_table_suffix(path)
    content = BytesIO()
    if path.suffix == ".npz":
        np.savez_compressed(content, allow_pickle=False, **arrays)
    elif path.suffix == ".csv":
        _frame(arrays).to_csv(content, index=False)
    else:
        _frame(arrays).to_parquet(content, index=False)
    write_bytes(path, content.getvalue())


def _frame(arrays: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    columns: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        if array.ndim == 1:
            columns[name] = array
            continue
        flat = array.reshape(len(array), -1)
        columns |= {f"{name}_{index}": flat[:, index] for index in range(flat.shape[1])}
    return pd.DataFrame(columns)
