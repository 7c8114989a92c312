"""Rows of users' files: tables and JSON lines, plain or gzipped."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geoframe.data import decode, read_bytes, shown
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
    """Read a table or JSON lines.

    A tsv is split at tabs and line ends and has no quoting, as text corpora are written.

    Raises
    ------
    DataError
        Naming the file, and the line, of whatever is wrong.
    """
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    if form == "auto":
        if plain.suffix not in SUFFIXES:
            raise DataError(
                f"{path}: cannot tell the format by the suffix; set data.format to tsv, csv, "
                "jsonl or parquet"
            )
        form = SUFFIXES[plain.suffix]
    content = read_bytes(path)
    if path.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError) as error:
            raise DataError(f"{path}: is no complete gzip file: {error}") from None
    if form == "parquet":
        rows = _parquet(path, content)
    else:
        text = decode(path, content)
        rows = list(_json_lines(path, text) if form == "jsonl" else _table(path, text, form))
    if not rows:
        raise DataError(f"{path}: has a header and no rows")
    return rows


def _table(path: Path, text: str, form: str) -> Iterator[Row]:
    lines: Iterator[list[str]]
    if form == "tsv":
        lines = (line.split("\t") for line in text.splitlines())
    else:
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    try:
        header = next(lines)
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


def _json_lines(path: Path, text: str) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataError(
                f"{path}:{number}: is no JSON ({error}); every line must be one object"
            ) from None
        if not isinstance(row, dict):
            raise DataError(f"{path}:{number}: is no JSON object")
        yield row


def _parquet(path: Path, content: bytes) -> list[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows: list[Row] = pq.read_table(io.BytesIO(content)).to_pylist()
    except pa.ArrowException as error:
        raise DataError(f"{path}: is no readable parquet file: {error}") from None
    return rows
