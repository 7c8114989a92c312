"""Reading users' files: csv, tsv, parquet and npz. Torch-free."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.data import format_by_suffix, load_npz
from geoframe.errors import DataError, did_you_mean
from geoframe_pathways.data.columns import as_frame
from geoframe_pathways.data.config import TableDataConfig
from geoframe_pathways.data.dialect import dialect_of
from geoframe_pathways.data.table import Table, make_table

CHUNK = 100_000
"""Rows read at once when a file is streamed."""
COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd", ".zip": "zip"}
SUFFIXES = {
    **dict.fromkeys((".csv", ".txt", ".data", ".dat"), "csv"),
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".npz": "npz",
}
TEXT: dict[str, str | None] = {"csv": None, "tsv": "\t"}
"""Formats of text, and what separates their fields; None is found out."""
UNREADABLE = (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error)
"""What readers raise for damaged files."""


def load_table(config: TableDataConfig) -> Table:
    """Read the table that a config describes.

    Raises
    ------
    DataError
        If it cannot be read or used; the message says what to do.
    """
    if config.path is None:
        table = config.dataset.build().load()
        if not isinstance(table, Table):
            raise DataError(
                f"data.dataset.name: '{config.dataset.name}' is not a table of features and a "
                "target; see 'geoframe list dataset'"
            )
        return table
    kind = file_format(config.path, config.format)
    return (_read_arrays if kind == "npz" else _read_columns)(config.path, kind, config)


def stream(path: Path) -> Iterator[tuple[pd.DataFrame, float]]:
    """Yield the file in pieces, each with the share of the file that is read by then.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    kind = file_format(path, "auto")
    try:
        if kind in TEXT:
            size = max(1, path.stat().st_size)
            with path.open("rb") as file:
                compression = COMPRESSIONS.get(path.suffix.lower())
                for frame in _text(path, kind, file, chunksize=CHUNK, compression=compression):
                    yield _named(frame), min(1.0, file.tell() / size)
        elif kind == "parquet":
            import pyarrow.parquet

            source = pyarrow.parquet.ParquetFile(path)
            done = 0
            for batch in source.iter_batches(batch_size=CHUNK):
                done += len(batch)
                yield batch.to_pandas(), done / max(1, source.metadata.num_rows)
        else:
            inputs = _inputs(load_npz(path), path)
            yield as_frame(inputs.reshape(len(inputs), -1)), 1.0
    except UNREADABLE as error:
        raise _unreadable(path, error) from None


def file_format(path: Path, wanted: str) -> str:
    """Name the format of a file, by its suffix if ``wanted`` is ``auto``.

    Raises
    ------
    DataError
        If the file is missing or the suffix says nothing.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    if wanted != "auto":
        return wanted
    return format_by_suffix(
        path, SUFFIXES, compressions=COMPRESSIONS, remedy="data.format names it for training"
    )


def _read_arrays(path: Path, _: str, config: TableDataConfig) -> Table:
    arrays = load_npz(path)
    inputs, name = _inputs(arrays, path), config.target or "y"
    if name not in arrays:
        raise DataError(f"{path}: data.target: no array '{name}'{_held(arrays, name)}")
    if len(arrays[name]) != len(inputs):
        raise DataError(f"{path}: array '{name}' has another length than the inputs")
    return make_table(
        as_frame(inputs.reshape(len(inputs), -1)),
        arrays[name],
        name,
        config.task,
        test_rows=_test_rows(config, len(inputs)),
        scaling="common" if inputs.ndim > 2 else "column",  # more axes: pixels and the like
    )


def _read_columns(path: Path, kind: str, config: TableDataConfig) -> Table:
    try:
        frame = pd.read_parquet(path) if kind == "parquet" else _text(path, kind, path)
    except UNREADABLE as error:
        raise _unreadable(path, error) from None
    notes = []
    if _nameless(frame):
        notes.append("the file has no line of names; its columns are called x0, x1, ...")
    frame = _named(frame)
    first = frame.columns[0] if len(frame.columns) else ""
    if first.startswith("Unnamed") and (frame[first] == np.arange(len(frame))).all():
        frame = frame.drop(columns=first)
        notes.append("the first column has no name and counts the rows; it was left out")
    names = list(frame.columns)
    if len(names) < 2:
        raise DataError(f"{path}: has {len(names)} column; features and a target are needed")
    if len(set(names)) < len(names):
        raise DataError(f"{path}: two columns have the same name")
    target = config.target or names[-1]
    if target not in names:
        raise DataError(f"{path}: data.target: no column '{target}'{did_you_mean(target, names)}")
    table = make_table(
        frame.drop(columns=target),
        frame[target].to_numpy(),
        target,
        config.task,
        test_rows=_test_rows(config, len(frame)),
    )
    return attrs.evolve(table, repairs=(*notes, *table.repairs))


def _text(path: Path, kind: str, source: Any, **options: Any) -> Any:
    """Open a text file with pandas: a frame, or with ``chunksize`` an iterator of frames."""
    dialect = dialect_of(path, TEXT[kind])
    return pd.read_csv(source, **dialect.options(), **options)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """Make all names texts; columns of a file without names are x0, x1, ..."""
    nameless = _nameless(frame)
    frame.columns = pd.Index([f"x{name}" if nameless else str(name) for name in frame.columns])
    return frame


def _nameless(frame: pd.DataFrame) -> bool:
    return frame.columns.dtype.kind == "i"


def _unreadable(path: Path, error: Exception) -> DataError:
    hint = "; save it as UTF-8" if isinstance(error, UnicodeDecodeError) else ""
    return DataError(f"{path}: cannot be read: {str(error).strip()}{hint}")


def _inputs(arrays: dict[str, NDArray[np.generic]], path: Path) -> NDArray[np.generic]:
    """The array 'x', or the only one of several axes: rows first."""
    wide = [name for name, array in arrays.items() if array.ndim > 1]
    name = wide[0] if "x" not in arrays and len(wide) == 1 else "x"
    if name not in arrays:
        raise DataError(f"{path}: no array 'x' of inputs{_held(arrays, 'x')}")
    found = arrays[name]
    if found.ndim < 2 or not len(found):
        raise DataError(f"{path}: array '{name}' must be (rows, features), not {found.shape}")
    return found


def _held(arrays: dict[str, NDArray[np.generic]], name: str) -> str:
    return f"; it holds {', '.join(arrays) or 'nothing'}{did_you_mean(name, list(arrays))}"


def _test_rows(config: TableDataConfig, rows: int) -> NDArray[np.int64] | None:
    if config.splits is None:
        return None
    arrays, name = load_npz(config.splits), f"test_{config.split}"
    if name not in arrays:
        raise DataError(f"{config.splits}: no array '{name}'; it holds {', '.join(arrays)}")
    found = arrays[name].astype(np.int64)
    if not len(found) or found.min() < 0 or found.max() >= rows:
        raise DataError(f"{config.splits}: '{name}' does not fit a table of {rows} rows")
    return found
