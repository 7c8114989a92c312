"""Opening files, with one line for the user when that fails."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.data import load_npz, read_bytes, shown
from geoframe.errors import DataError

Arrays = dict[str, NDArray[Any]]
TableFormat = Literal["csv", "tsv", "parquet"]
TABLES: tuple[TableFormat, ...] = get_args(TableFormat)


def read_arrays(path: Path) -> Arrays:
    """Arrays of an npz file, or the array of an npy file under the name ``distances``.

    Raises
    ------
    DataError
        If it cannot be read or holds Python objects, which are never unpickled.
    """
    content = read_bytes(path)
    if not content.startswith(np.lib.format.MAGIC_PREFIX):
        return load_npz(path)
    try:
        return {"distances": np.load(BytesIO(content), allow_pickle=False)}
    except Exception as error:  # a damaged header makes numpy raise anything
        raise DataError(f"{path}: not a readable npy file: {shown(error)}") from None


def read_cells(path: Path, format: TableFormat) -> pd.DataFrame:
    """Cells of a table as text; its first line, in Parquet its columns' names, is the first row.

    Raises
    ------
    DataError
        If it cannot be read or its lines differ in length.
    """
    content = read_bytes(path)
    if format == "parquet":
        return _parquet_cells(path, content)
    try:
        return pd.read_csv(
            BytesIO(content),
            sep="\t" if format == "tsv" else ",",
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


def _parquet_cells(path: Path, content: bytes) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(BytesIO(content))
    except Exception as error:  # pyarrow raises its own types, and these differ by version
        raise DataError(f"{path}: not a readable Parquet file: {shown(error)}") from None
    if not isinstance(frame.index, pd.RangeIndex):  # names that pandas has put aside
        frame = frame.reset_index(names=str(frame.index.name or ""))
    text = frame.astype(object).where(frame.notna(), "").map(str)
    header = pd.DataFrame([list(map(str, frame.columns))], columns=text.columns)
    return pd.concat([header, text]).set_axis(range(text.shape[1]), axis=1).reset_index(drop=True)


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
