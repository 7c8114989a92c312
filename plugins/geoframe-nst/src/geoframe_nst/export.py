"""Coordinates to files that other tools read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from geoframe.errors import DataError
from geoframe.run.files import write_bytes
from numpy.typing import NDArray

SUFFIXES = (".parquet", ".npz", ".csv")


def export_coordinates(
    path: Path, names: Sequence[str], columns: Mapping[str, NDArray[np.generic]]
) -> None:
    """Write one row per node, replacing ``path`` at once.

    Parameters
    ----------
    path
        Ends in ``.parquet``, ``.csv`` or ``.npz``.
    names
        ``n`` node names: the column, or array, ``name``.
    columns
        Arrays ``(n,)`` or ``(n, k)``. In a table the latter become the columns ``key_0`` ...
        ``key_{k-1}``; npz keeps the arrays as they are.

    Raises
    ------
    DataError
        If the suffix is another.
    ValueError
        If an array has not ``n`` rows.
    RunError
        If the file cannot be written.
    """
    if path.suffix not in SUFFIXES:
        raise DataError(f"{path}: coordinates go to {', '.join(SUFFIXES)}, not '{path.suffix}'")
    for key, values in columns.items():
        if values.ndim not in (1, 2) or len(values) != len(names):
            raise ValueError(f"'{key}' has shape {values.shape} for {len(names)} names")
    content = BytesIO()
    if path.suffix == ".npz":
        np.savez(content, allow_pickle=False, name=np.array(names, dtype=np.str_), **columns)
    else:
        table: dict[str, object] = {"name": list(names)}
        for key, values in columns.items():
            if values.ndim == 1:
                table[key] = values
            else:
                table |= {f"{key}_{k}": values[:, k] for k in range(values.shape[1])}
        frame = pd.DataFrame(table)
        if path.suffix == ".csv":
            frame.to_csv(content, index=False)
        else:
            frame.to_parquet(content, index=False)
    write_bytes(path, content.getvalue())
