"""Rows of users' files: tables and JSON lines, plain or gzipped."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geoframe.data import decode, format_by_suffix, read_bytes, shown
from geoframe.errors import DataError

Row = dict[str, Any]
SUFFIXES = {
    ".tsv": "tsv",
    ".tab": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}


def read_rows(path: Path, form: str = "auto") -> list[Row]:
    """Read a table or JSON lines (or one JSON list of objects).

    A tsv is split at tabs and line ends and has no quoting, as text corpora are written.

    Raises
    ------
    DataError
        Naming the file, and the line, of whatever is wrong.
    """
    if form == "auto":
        form = format_by_suffix(path, SUFFIXES, compressions=(".gz",))
    content = read_bytes(path)
    if path.suffix.lower() == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError) as error:
            raise DataError(f"{path}: is no complete gzip file: {error}") from None
    if form == "parquet":
        rows = _parquet(path, content)
    else:
        text = decode(path, content)
        rows = list(_json(path, text) if form == "jsonl" else _table(path, text, form))
    if not rows:
        raise DataError(f"{path}: has a header and no rows")
    return rows


def _lines(text: str) -> list[str]:
    """Split at line ends alone: ``str.splitlines`` would also split inside texts, at U+2028."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


def _table(path: Path, text: str, form: str) -> Iterator[Row]:
    lines: Iterator[list[str]]
    if form == "tsv":
        lines = (line.split("\t") for line in _lines(text))
    else:
        csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # whole books are texts too
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    try:
        header = next(lines)
        if twice := [name for name in header if header.count(name) > 1]:
            raise DataError(f"{path}: the header has '{shown(twice[0])}' twice")
        for number, cells in enumerate(lines, start=2):
            if not any(cells):
                continue
            if len(cells) != len(header):
                raise DataError(
                    f"{path}: row {number} has {len(cells)} cells, the header {len(header)}: "
                    f"'{shown(cells[0])}'"
                )
            yield dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise DataError(f"{path}: after row {number}: {error}") from None


def _json(path: Path, text: str) -> Iterator[Row]:
    if text.lstrip().startswith("["):
        found = _parsed(str(path), text)
        places = [(f"{path}: entry {number}", row) for number, row in enumerate(found, start=1)]
    else:
        places = [
            (f"{path}:{number}", _parsed(f"{path}:{number}", line))
            for number, line in enumerate(_lines(text), start=1)
            if line.strip()
        ]
    for place, row in places:
        if not isinstance(row, dict):
            raise DataError(f"{place}: is no JSON object")
        yield row


def _parsed(place: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise DataError(
            f"{place}: is no JSON ({error}); a file holds one object a line, or one list of them"
        ) from None


def _parquet(path: Path, content: bytes) -> list[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows: list[Row] = pq.read_table(io.BytesIO(content)).to_pylist()
    except pa.ArrowException as error:
        raise DataError(f"{path}: is no readable parquet file: {error}") from None
    return rows
