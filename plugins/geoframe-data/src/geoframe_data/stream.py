"""Tables in pieces, for files that are larger than memory. Torch-free."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_data.cells import SUFFIXES, Cells, of_arrow, unnamed
from geoframe_data.delimited import Delimited, parse_delimited
from geoframe_data.files import DAMAGED, UTF16, UserFile, open_stream, plain_suffix, read_head
from geoframe_data.formats import format_of
from geoframe_data.header import without_surplus
from geoframe_data.lines import split_lines
from geoframe_data.schema import Schema
from geoframe_data.table import Table, read_table, typed

CHUNK_ROWS = 100_000


def read_chunks(
    path: Path, schema: Schema, *, chunk_rows: int | None = None, **options: Any
) -> Iterator[Table]:
    """Yield a table in pieces of about ``chunk_rows`` rows, each read with the training's types.

    Text and parquet are read piece by piece; other kinds of files are loaded first.

    Parameters
    ----------
    chunk_rows
        Left out, 100,000.
    options
        Those of :func:`geoframe_data.read_table`.

    Raises
    ------
    DataError
        As :func:`geoframe_data.read_table`, when the piece at fault is reached.
    """
    chunk_rows = chunk_rows or CHUNK_ROWS
    typing = {key: options[key] for key in ("id",) if key in options}
    head = read_head(path)
    kind = format_of(head, SUFFIXES, wanted=options.get("format"))
    if kind == "csv":
        for piece in _text_pieces(
            path, UTF16.get(head.content[:2], "utf-8-sig"), schema, chunk_rows, options
        ):
            yield typed(piece, schema=schema, **typing)
        return
    if kind == "parquet" and plain_suffix(path.name) == path.suffix.lower():  # not packed
        for cells in _parquet_pieces(path, chunk_rows):
            yield typed(cells, schema=schema, **typing)
        return
    whole = read_table(path, schema=schema, **options)
    for first in range(0, len(whole), chunk_rows):
        yield whole.take(slice(first, first + chunk_rows))


def untyped_chunks(path: Path, *, chunk_rows: int | None = None, **options: Any) -> Iterator[Cells]:
    """Yield the cells of a text or parquet file in pieces, before types are known.

    Raises
    ------
    DataError
        If the file is of another kind, which cannot be read in pieces.
    """
    chunk_rows = chunk_rows or CHUNK_ROWS
    head = read_head(path)
    kind = format_of(head, SUFFIXES, wanted=options.get("format"))
    if kind == "csv":
        encoding = UTF16.get(head.content[:2], "utf-8-sig")
        nothing = Schema(columns=(), named=False)
        yield from _text_pieces(path, encoding, nothing, chunk_rows, options)
    elif kind == "parquet" and plain_suffix(path.name) == path.suffix.lower():  # not packed
        yield from _parquet_pieces(path, chunk_rows)
    else:
        raise DataError(f"{path}: cannot be read in pieces; save it as csv or parquet")


def _text_pieces(
    path: Path, encoding: str, schema: Schema, rows: int, options: dict[str, Any]
) -> Iterator[Cells]:
    first: Delimited | None = None
    before = 0
    try:
        with (
            open_stream(path) as (stream, _),
            io.TextIOWrapper(stream, encoding=encoding) as text,
        ):
            while lines := _whole_records(text, rows, first):
                if first is None:
                    first = piece = _first(path, lines, schema, options)
                else:
                    piece = _further(first, lines, before)
                before += len(lines)
                yield Cells(
                    path=path,
                    names=first.header or unnamed(len(first.cells)),
                    columns=tuple(piece.texts(place) for place in range(len(first.cells))),
                    named=first.header is not None,
                    lines=piece.lines,
                    notes=piece.notes,
                )
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8 text after line {before}; save it as UTF-8") from None
    except DAMAGED as error:
        raise DataError(f"{path}: cannot be read: {shown(error)}") from None


def _first(path: Path, lines: list[str], schema: Schema, options: dict[str, Any]) -> Delimited:
    known = [*options.get("known", ()), *(schema.names if schema.named else ())]
    return parse_delimited(
        UserFile(path, "".join(lines).removeprefix("\ufeff").encode(), ""),
        delimiter=options.get("delimiter"),
        header=options.get("header"),
        known=known,
    )


def _whole_records(text: io.TextIOWrapper, rows: int, first: Delimited | None) -> list[str]:
    """The next lines; more of them while a quoted cell is open."""
    lines = list(islice(text, rows))
    if first is not None and first.delimiter == "\t":
        return lines
    while sum(line.count('"') for line in lines) % 2:
        more = list(islice(text, 1))
        if not more:
            break
        lines += more
    return lines


def _further(first: Delimited, lines: list[str], before: int) -> Delimited:
    width = len(first.cells)
    plain = [line.rstrip("\n") for line in lines]
    split = split_lines(first.path, plain, first.delimiter, [], before=before, width=width)
    columns, notes = without_surplus(first.path, split, width)
    return attrs.evolve(
        first, cells=tuple(columns), lines=split.lines, notes=(*split.notes, *notes)
    )


def _parquet_pieces(path: Path, rows: int) -> Iterator[Cells]:
    from pyarrow import parquet

    try:
        source = parquet.ParquetFile(path)
        for batch in source.iter_batches(batch_size=rows):
            yield of_arrow(path, pa.Table.from_batches([batch]))
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: is no readable parquet file: {shown(error)}") from None
