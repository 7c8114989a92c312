"""Columns of a file of any kind, before they are typed. Torch-free."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geoframe.data import shown, unpacked_bound
from geoframe.errors import DataError
from geoframe_data.arrays import load_arrays
from geoframe_data.columns import as_texts
from geoframe_data.delimited import parse_delimited
from geoframe_data.files import UserFile, too_large
from geoframe_data.formats import format_of
from geoframe_data.header import MOST_TITLES, title_note, titles_above
from geoframe_data.json_records import parse_records
from geoframe_data.matrix_market import read_matrix

SUFFIXES = {
    **dict.fromkeys((".csv", ".txt", ".data", ".dat", ".tsv", ".tab"), "csv"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".feather", ".arrow"), "feather"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "json"),
    ".npz": "npz",
    ".npy": "npy",
    ".xlsx": "xlsx",
    ".mtx": "mtx",
}
"""Suffix -> format of a table."""


@attrs.frozen(eq=False, kw_only=True)
class Cells:
    """Columns of texts, or of the types that the file declares."""

    path: Path
    names: tuple[str, ...]
    """An empty name is none; pandas writes its index so."""
    columns: tuple[pa.Array, ...]
    """``large_string`` arrays hold stripped texts, to be typed; others are typed already."""
    named: bool = True
    """Whether the file names the columns."""
    lines: NDArray[np.int64] | None = None
    """Line of each row, in a text file."""
    notes: tuple[str, ...] = ()
    wide: tuple[str, ...] = ()
    """Columns that one array of several axes was laid out in."""
    grid: tuple[int, ...] = ()
    """Its axes, if an item had more than one: pixels."""

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def where(self, row: int) -> str:
        """Tell the place of a row, from 0, for a message."""
        if self.lines is None:
            return f"{self.path}: row {row + 1}"
        return f"{self.path}:{self.lines[row]}"


def read_cells(
    file: UserFile,
    *,
    format: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    known: Sequence[str] = (),
    raw: Sequence[str] = (),
) -> Cells:
    """Read the columns of a table; the arguments are those of :func:`geoframe_data.read_table`.

    Parameters
    ----------
    raw
        Columns whose texts keep the blanks around them.
    """
    if format == "tsv":
        format, delimiter = "csv", delimiter or "\t"
    elif format == "jsonl":
        format = "json"
    kind = format_of(file, SUFFIXES, wanted=format)
    if kind == "csv":
        table = parse_delimited(file, delimiter=delimiter, header=header, known=known)
        keep = {table.find(name) for name in raw}
        nameless = ["the file has no line of names: its columns are called x0, x1, ..."]
        return Cells(
            path=file.path,
            names=table.header or unnamed(len(table.cells)),
            columns=tuple(
                table.cells[place] if place in keep else table.texts(place)
                for place in range(len(table.cells))
            ),
            named=table.header is not None,
            lines=table.lines,
            notes=(*table.notes, *(nameless if table.header is None else ())),
        )
    if kind in ("parquet", "feather"):
        return _arrow(file, kind, raw)
    if kind == "json":
        return _json(file, raw)
    if kind == "xlsx":
        return _xlsx(file)
    if kind == "mtx":
        return of_arrays(file.path, {"x": read_matrix(file)})
    return of_arrays(file.path, load_arrays(file, one="x"))


def unnamed(count: int) -> tuple[str, ...]:
    """Names of columns that have none: x0, x1, ..."""
    return tuple(f"x{place}" for place in range(count))


def of_arrow(
    path: Path, table: pa.Table, notes: tuple[str, ...] = (), raw: Sequence[str] = ()
) -> Cells:
    """Columns of an Arrow table; an index of pandas without a name gets the empty one."""
    names = tuple("" if name.startswith("__index_level_") else name for name in table.column_names)
    columns = (
        _one_chunk(column, name in raw) for name, column in zip(names, table.columns, strict=True)
    )
    if names and names[-1] == "" and "" not in names[:-1]:  # pandas writes its index last
        *others, index = columns
        return Cells(path=path, names=("", *names[:-1]), columns=(index, *others), notes=notes)
    return Cells(path=path, names=names, columns=tuple(columns), notes=notes)


def _one_chunk(column: pa.ChunkedArray, raw: bool) -> pa.Array:
    found = column.combine_chunks()
    if isinstance(found, pa.ChunkedArray):
        found = pa.concat_arrays(found.chunks) if found.chunks else pa.array([], column.type)
    if pa.types.is_string(found.type) or pa.types.is_large_string(found.type):
        # A declared text stays one, even if it looks like a number: '007'.
        found = found.cast(pa.string())
        return found if raw else pc.utf8_trim_whitespace(pc.fill_null(found, ""))
    return found


def _arrow(file: UserFile, kind: str, raw: Sequence[str]) -> Cells:
    from pyarrow import feather, parquet

    source = pa.BufferReader(file.content)
    try:
        if kind == "parquet":
            found = parquet.ParquetFile(source)
            bound = unpacked_bound(len(file.content))
            if found.metadata.num_rows * found.metadata.num_columns * 8 > bound:
                raise too_large(file.path, bound)
            table = found.read()
        else:
            table = feather.read_table(source)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{file.path}: is no readable {kind} file: {shown(error)}") from None
    return of_arrow(file.path, table, raw=raw)


def of_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> Cells:
    """Columns of named arrays of one length; an array of several axes is many columns.

    Raises
    ------
    DataError
        If their lengths differ, or several have more than one axis and none is called ``x``.
    """
    wide = [name for name, array in arrays.items() if array.ndim > 1]
    main = "x" if "x" in arrays else wide[0] if len(wide) == 1 else None
    if wide and main is None:
        raise DataError(f"{path}: several arrays could be the rows: {', '.join(wide)}; call it x")
    lengths = {name: len(array) for name, array in arrays.items() if array.ndim}
    length = lengths.get(main, 0) if main else max(lengths.values(), default=0)
    names: list[str] = []
    columns: list[pa.Array] = []
    notes: list[str] = []
    main_names: tuple[str, ...] = ()
    for name, array in arrays.items() if length else ():
        if array.ndim == 0 or len(array) != length:
            notes.append(f"array '{name}' of shape {array.shape} is no column; left out")
            continue
        if array.dtype.kind not in "biufSUM":
            raise DataError(f"{path}: array '{name}' holds {array.dtype}, no numbers or texts")
        if array.ndim == 1:
            names.append(name)
            columns.append(_column(array))
            continue
        flat = array.reshape(length, -1)
        laid = tuple(f"{name}[{k}]" for k in range(flat.shape[1]))
        laid = unnamed(flat.shape[1]) if name == main else laid
        main_names = laid if name == main else main_names
        names += laid
        columns += [_column(np.ascontiguousarray(flat[:, k])) for k in range(flat.shape[1])]
    if not columns or not length:
        held = [f"{name} {array.shape}" for name, array in arrays.items()]
        raise DataError(f"{path}: holds no rows (n, ...); its arrays: {', '.join(held) or 'none'}")
    return Cells(
        path=path,
        names=tuple(names),
        columns=tuple(columns),
        named=len(arrays) > 1,
        notes=tuple(notes),
        wide=main_names,
        grid=arrays[main].shape[1:] if main and arrays[main].ndim > 2 else (),
    )


def _column(array: NDArray[Any]) -> pa.Array:
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind == "U":  # pa.string(): declared texts
        return as_texts(pa.array(array.tolist(), pa.string())).cast(pa.string())
    # Arrow has no numbers wider than eight bytes.
    wide = array.dtype.kind == "f" and array.dtype.itemsize > 8
    return pa.array(array.astype(np.float64 if wide else array.dtype.newbyteorder("="), copy=False))


def _json(file: UserFile, raw: Sequence[str]) -> Cells:
    records, lines = parse_records(file.path, file.text())
    return of_records(file.path, records, lines=lines, raw=raw)


def of_records(
    path: Path,
    records: Iterable[Any],
    *,
    lines: NDArray[np.int64] | None = None,
    raw: Sequence[str] = (),
) -> Cells:
    """Columns of records by name; an absent value is a missing one.

    Raises
    ------
    DataError
        If one is no record of names and values.
    """
    names: dict[str, None] = {}
    rows = list(records)
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            place = f"{path}: row {number + 1}" if lines is None else f"{path}:{lines[number]}"
            raise DataError(f"{place}: is no JSON object")
        names.update(dict.fromkeys(map(str, row)))
    if not names:
        raise DataError(f"{path}: holds no rows with names and values")
    columns = tuple(_values([row.get(name) for row in rows], name in raw) for name in names)
    return Cells(path=path, names=tuple(names), columns=columns, lines=lines)


def _values(values: list[Any], raw: bool) -> pa.Array:
    """Values of JSON or a spreadsheet: lists stay what they are, others become texts."""
    if any(isinstance(value, list | dict) for value in values):
        return pa.array([[json.dumps(value)] for value in values])
    texts = [None if value is None else str(value) for value in values]
    if raw:
        return pa.array(texts, pa.large_string())
    return pa.array([(text or "").strip() for text in texts], pa.large_string())


def _xlsx(file: UserFile) -> Cells:
    try:
        import openpyxl
    except ImportError:
        raise DataError(
            f"{file.path}: reading xlsx needs openpyxl; pip install 'geoframe-data[xlsx]'"
        ) from None
    try:
        book = openpyxl.load_workbook(io.BytesIO(file.content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    except Exception as error:  # a damaged file makes openpyxl and zipfile raise anything
        raise DataError(f"{file.path}: is no readable xlsx file: {shown(error)}") from None
    rows = [row for row in rows if any(cell is not None for cell in row)]
    begin = [["" if c is None else str(c).strip() for c in row] for row in rows[: MOST_TITLES + 1]]
    titles = titles_above(begin)
    notes = [title_note(begin[0][0], titles)] if titles else []
    rows = rows[titles:]
    if len(rows) < 2:
        raise DataError(f"{file.path}: the first sheet holds a header and no rows")
    names = tuple("" if cell is None else str(cell).strip() for cell in rows[0])
    given = [name for name in names if name]
    if twice := [name for name, times in Counter(given).items() if times > 1]:
        raise DataError(f"{file.path}: two columns are named '{shown(twice[0])}'")
    columns = tuple(_values(list(column), raw=False) for column in zip(*rows[1:], strict=True))
    if len(book.worksheets) > 1:
        notes.append(f"of {len(book.worksheets)} sheets the first was read: {sheet.title}")
    return Cells(
        path=file.path,
        names=names,
        columns=columns,
        notes=tuple(notes),
    )
