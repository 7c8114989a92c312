"""Opening files, with one line for the user when that fails."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.data import read_bytes
from geoframe.errors import DataError

Arrays = dict[str, NDArray[Any]]


def read_arrays(path: Path) -> Arrays:
    """Arrays of an npz file, or the array of an npy file under the name ``distances``.

    Raises
    ------
    DataError
        If it cannot be read or holds Python objects, which are never unpickled.
    """
    content = read_bytes(path)
    try:
        loaded = np.load(BytesIO(content), allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"distances": loaded}
        return {key: loaded[key] for key in loaded.files}
    except (ValueError, EOFError, KeyError, OSError, zipfile.BadZipFile, zlib.error) as error:
        if "allow_pickle" in str(error):
            raise DataError(
                f"{path}: holds pickled Python objects, which are never loaded; save plain arrays"
            ) from None
        raise DataError(f"{path}: is not a readable npy or npz file") from None


def read_cells(path: Path, *, tabs: bool) -> pd.DataFrame:
    """Cells of a CSV or TSV file as text; its first line is the first row.

    Raises
    ------
    DataError
        If it cannot be read or its lines differ in length.
    """
    content = read_bytes(path)
    try:
        return pd.read_csv(
            BytesIO(content),
            sep="\t" if tabs else ",",
            header=None,
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            skipinitialspace=True,
        )
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 text") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{path}: {' '.join(str(error).split())}") from None


def with_header(path: Path, cells: pd.DataFrame) -> pd.DataFrame:
    """Take the first row for the names of the columns.

    Raises
    ------
    DataError
        If two columns have the same name.
    """
    header = pd.Index(cells.iloc[0].str.strip())
    if header.has_duplicates:
        raise DataError(
            f"{path}: two columns are named '{header[header.duplicated()][0]}'; rename one"
        )
    return cells.iloc[1:].set_axis(header, axis="columns")


def numbers(path: Path, cells: pd.DataFrame) -> NDArray[np.float64]:
    """Cells as numbers ``(rows, columns)``; the index of the cells tells their line.

    Raises
    ------
    DataError
        Naming the first cell that is none.
    """
    readable = cells.apply(pd.to_numeric, errors="coerce")
    values: NDArray[np.float64] = readable.to_numpy(dtype=np.float64)
    unreadable = np.argwhere(np.isnan(values))
    if len(unreadable):
        row, column = unreadable[0]
        raise DataError(
            f"{path}: line {cells.index[row] + 1}, column '{_shown(cells.columns[column])}': "
            f"{cells.iat[row, column]!r} is not a number"
        )
    return values


def _shown(column: object) -> str:
    """Name of a column; without a header its number, from 1."""
    return column if isinstance(column, str) else str(int(column) + 1)  # type: ignore[call-overload]
