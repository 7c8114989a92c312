"""A table of typed columns, and how it is read from files of every kind. Torch-free."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from geoframe.data import MAX_BYTES, listed, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_data.cells import Cells, read_cells
from geoframe_data.columns import as_texts, find_types, read_column
from geoframe_data.files import open_file
from geoframe_data.labels import Labels, as_labels, canonical
from geoframe_data.schema import ColumnType, Schema

MAX_COLUMNS = 10_000
"""Columns that a table may have."""


@attrs.frozen(eq=False, kw_only=True)
class Table:
    """Rows of typed columns."""

    frame: pd.DataFrame
    """Values; see :func:`geoframe_data.columns.read_column` for the types."""
    schema: Schema
    """Types of the columns, to be kept with a run and used for new data."""
    origin: str = "the table"
    """Where it comes from, for messages."""
    names: tuple[str, ...] = ()
    """Names of the rows, if they have any."""
    notes: tuple[str, ...] = ()
    """What was passed over, repaired or assumed while reading, a sentence each."""
    lines: NDArray[np.int64] | None = None
    """Line of each row in a text file."""
    wide: tuple[str, ...] = ()
    """Columns that one array of several axes was laid out in."""
    grid: tuple[int, ...] = ()
    """Its axes, if an item had more than one: pixels."""
    target: str | None = None
    """Column that is to be predicted, where the source of the table says so."""
    test_rows: NDArray[np.int64] | None = None
    """Numbers of the rows of a predefined test part."""
    others: tuple[str, ...] = ()
    """Columns of the file that the types of the training do not know; they were not read."""

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return [str(name) for name in self.frame.columns]

    def find(self, name: str) -> str | None:
        """Return the column of that name, or else the one that differs by case only."""
        if name in self.columns:
            return name
        alike = [column for column in self.columns if column.lower() == name.lower()]
        return alike[0] if len(alike) == 1 else None

    def column(self, name: str, option: str = "data.columns") -> str:
        """Return the name of a column as the file writes it.

        Raises
        ------
        DataError
            If there is none; ``option`` is the key that named it.
        """
        found = self.find(name)
        if found is None:
            raise DataError(
                f"{self.origin}: {option}: no column '{shown(name)}'"
                f"{did_you_mean(name, [*self.columns, *self.others])} "
                f"(columns: {listed([*self.columns, *self.others])})"
            )
        return found

    def where(self, row: int) -> str:
        """Tell the place of a row, from 0, for a message."""
        if self.lines is None:
            return f"{self.origin}: row {row + 1}"
        return f"{self.origin}:{self.lines[row]}"

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Numbers of a column, float64 ``(n,)``; NaN where missing.

        Dates are days since 1970; true is 1 and false 0.
        """
        column = self.frame[name]
        if self.schema[name].kind == "boolean":
            column = column.replace({"True": "1", "False": "0"}).astype(np.float64)
        if self.schema[name].kind == "date":
            since = (column - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
            return np.asarray(since, dtype=np.float64)
        values: NDArray[np.float64] = column.to_numpy(np.float64, na_value=np.nan)
        return values

    def texts(self, name: str) -> NDArray[np.object_]:
        """Texts of a column ``(n,)``, empty where missing; whole numbers without decimals."""
        column = self.frame[name]
        plain = column.astype(object).where(column.notna(), "")
        found = [value if isinstance(value, str) else canonical(value) for value in plain]
        return np.array(found, dtype=object)

    def labels(self, name: str) -> Labels:
        """Classes of a column; see :func:`geoframe_data.labels.as_labels`."""
        return as_labels(self.texts(name))

    def take(self, rows: Any) -> Table:
        """Return the rows that a slice, a mask or numbers select."""
        chosen = np.arange(len(self))[rows]
        return attrs.evolve(
            self,
            frame=self.frame.iloc[chosen].reset_index(drop=True),
            names=tuple(self.names[k] for k in chosen) if self.names else (),
            lines=None if self.lines is None else self.lines[chosen],
        )

    def select(self, names: Sequence[str]) -> Table:
        """Return the table of these columns."""
        columns = tuple(self.schema[name] for name in names)
        return attrs.evolve(
            self,
            frame=self.frame[list(names)],
            schema=attrs.evolve(self.schema, columns=columns),
        )

    def fingerprint(self) -> str:
        """SHA-256 of names, types and values."""
        digest = hashlib.sha256(repr(self.schema.to_plain()).encode())
        for name in self.columns:
            column = self.frame[name]
            if self.schema[name].kind == "nested":
                column = column.astype(str)
            hashes = pd.util.hash_pandas_object(column, index=False)
            digest.update(np.asarray(hashes, dtype=np.uint64).tobytes())
        return digest.hexdigest()


def read_table(
    path: Path,
    *,
    format: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    id: str | None = None,
    columns: Sequence[str] | None = None,
    known: Sequence[str] = (),
    schema: Schema | None = None,
    max_bytes: int = MAX_BYTES,
) -> Table:
    """Read a table: delimited text, parquet, feather, JSON records, xlsx, npz or npy.

    Parameters
    ----------
    format
        ``csv`` (any delimiter), ``parquet``, ``feather``, ``json``, ``xlsx``, ``npz``, ``npy``;
        None tells it by content, then suffix.
    delimiter, header
        See :func:`geoframe_data.delimited.parse_delimited`.
    decimal, thousands
        How numbers are written; None finds it out column by column.
    id
        Column that names the rows; it is taken out of the table.
    columns
        Columns to read, by name or pattern (``x*``); None reads all.
    known
        Names that the caller looks for.
    schema
        Types of the training file; None finds types.
    max_bytes
        Bytes that the file may have, unpacked.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to write instead.
    """
    file = open_file(path, max_bytes=max_bytes)
    looked_for = [*known, *([id] if id else []), *(schema.names if schema and schema.named else [])]
    cells = read_cells(file, format=format, delimiter=delimiter, header=header, known=looked_for)
    if len(cells.names) > MAX_COLUMNS:
        raise DataError(f"{path}: has {len(cells.names)} columns; at most {MAX_COLUMNS} are read")
    return typed(cells, decimal=decimal, thousands=thousands, id=id, columns=columns, schema=schema)


def typed(
    cells: Cells,
    *,
    decimal: str | None = None,
    thousands: str | None = None,
    id: str | None = None,
    columns: Sequence[str] | None = None,
    schema: Schema | None = None,
) -> Table:
    """Type the columns of a file; see :func:`read_table`."""
    if twice := [name for name, times in Counter(cells.names).items() if name and times > 1]:
        raise DataError(f"{cells.path}: two columns are named '{shown(twice[0])}'")
    cells, names, notes = _row_names(cells, id)
    if schema is not None:
        chosen = [
            (found, column)
            for found, column in _like(cells, schema)
            if columns is None or _matches(found.name, columns)
        ]
    else:
        wanted = [
            k for k, name in enumerate(cells.names) if columns is None or _matches(name, columns)
        ]
        types, said = find_types(
            [cells.names[k] for k in wanted],
            [cells.columns[k] for k in wanted],
            cells.where,
            decimal=decimal,
            thousands=thousands,
        )
        notes += said
        chosen = list(zip(types, [cells.columns[k] for k in wanted], strict=True))
    series = [read_column(found, column, cells.where) for found, column in chosen]
    taken = {found.name for found, _ in chosen}
    frame = pd.concat(series, axis=1) if series else pd.DataFrame(index=range(len(cells)))
    return Table(
        frame=frame,
        schema=Schema(columns=tuple(found for found, _ in chosen), named=cells.named),
        origin=str(cells.path),
        names=names,
        notes=(*cells.notes, *notes),
        lines=cells.lines,
        wide=cells.wide,
        grid=cells.grid,
        others=tuple(name for name in cells.names if name not in taken),
    )


def _matches(name: str, patterns: Sequence[str]) -> bool:
    # By itself too: names like 'length[mm]' are patterns that do not match themselves.
    return name in patterns or any(fnmatch(name, each) for each in patterns)


def _row_names(cells: Cells, id: str | None) -> tuple[Cells, tuple[str, ...], list[str]]:
    """Take the column that names the rows out: ``id``, or a first one without a name of its own."""
    if id is not None:
        alike = [k for k, name in enumerate(cells.names) if name.lower() == id.lower()]
        place = cells.names.index(id) if id in cells.names else alike[0] if alike else None
        if place is None:
            raise DataError(
                f"{cells.path}: data.id: no column '{shown(id)}'"
                f"{did_you_mean(id, cells.names)} (columns: {listed(cells.names)})"
            )
        return _without(cells, place), tuple(as_texts(cells.columns[place]).to_pylist()), []
    unlabelled = cells.named and len(cells.names) > 1 and _is_nameless(cells.names[0])
    texts = as_texts(cells.columns[0]).to_pylist() if unlabelled else []
    if unlabelled and len(set(texts)) == len(texts) and all(texts):
        counted = sorted(texts) in (
            sorted(map(str, range(len(texts)))),
            sorted(map(str, range(1, len(texts) + 1))),
        )
        does = "counts" if counted else "names"
        note = f"the first column has no name and {does} the rows: an index, no data"
        return _without(cells, 0), tuple(texts), [note]
    given = tuple(name or f"column {k}" for k, name in enumerate(cells.names, start=1))
    return attrs.evolve(cells, names=given), (), []


def _is_nameless(name: str) -> bool:
    return name in ("", "Unnamed: 0")


def _without(cells: Cells, place: int) -> Cells:
    names, columns = list(cells.names), list(cells.columns)
    del names[place], columns[place]
    given = tuple(name or f"column {k}" for k, name in enumerate(names, start=1))
    return attrs.evolve(cells, names=given, columns=tuple(columns))


def _like(cells: Cells, schema: Schema) -> list[tuple[ColumnType, pa.Array]]:
    """Columns that the training file has too, whatever the case of their names."""
    found = []
    for each in schema.columns:
        places = [k for k, name in enumerate(cells.names) if name == each.name] or [
            k for k, name in enumerate(cells.names) if name.lower() == each.name.lower()
        ]
        if len(places) == 1:
            found.append((each, cells.columns[places[0]]))
    return found
