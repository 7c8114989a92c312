"""Rows of a JSON file: one object a line, a list of objects, or what pandas writes. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoframe.data import shown
from geoframe.errors import DataError


def parse_records(path: Path, text: str) -> tuple[Sequence[Any], NDArray[np.int64] | None]:
    """Read the rows of a file, which need not be objects yet, and their lines if each has one.

    ``DataFrame.to_json`` writes columns by default: ``{"a": {"0": 1, "1": 2}, "b": ...}``; its
    layouts ``split`` and ``table`` are read too, and columns as lists.

    Raises
    ------
    DataError
        Naming the line that is no JSON.
    """
    if text.lstrip().startswith("["):
        rows: Sequence[Any] = _parsed(str(path), text)
        return rows, None
    if (found := _of_document(text)) is not None:
        return found, None
    places = [k for k, line in enumerate(text.split("\n"), start=1) if line.strip()]
    kept = [line for line in text.split("\n") if line.strip()]
    rows = [_parsed(f"{path}:{k}", line) for k, line in zip(places, kept, strict=True)]
    return rows, np.asarray(places, np.int64)


def _of_document(text: str) -> list[dict[str, Any]] | None:
    """Rows of a file that is one object of columns; None if it is anything else."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):  # one object a line, as a rule
        return None
    match document:
        case {"columns": list(names), "data": [list(), *_] as rows} if all(
            isinstance(row, list) and len(row) == len(names) for row in rows
        ):
            return [dict(zip(map(str, names), row, strict=True)) for row in rows]
        case {"schema": {"fields": list()}, "data": [dict(), *_] as rows}:
            return [dict(row) for row in rows]
    if not isinstance(document, dict) or len(document) < 2:
        return None  # one column of lists may be one row, a conversation say
    columns = list(document.values())
    if all(isinstance(each, dict) for each in columns):
        return _of_columns(document, [list(each) for each in columns], named=True)
    if all(isinstance(each, list) for each in columns):
        return _of_columns(
            {name: dict(enumerate(each)) for name, each in document.items()},
            [list(range(len(each))) for each in columns],
            named=False,
        )
    return None


def _of_columns(
    columns: Mapping[str, Mapping[Any, Any]], keys: Sequence[Sequence[Any]], *, named: bool
) -> list[dict[str, Any]] | None:
    """Rows of columns that all have the same keys, and single values; the keys name the rows."""
    values = [value for column in columns.values() for value in column.values()]
    if any(each != keys[0] for each in keys) or not keys[0]:
        return None
    if any(isinstance(value, list | dict) for value in values):
        return None
    index = {key: {"": key} if named else {} for key in keys[0]}
    return [
        {**index[key], **{name: column[key] for name, column in columns.items()}} for key in keys[0]
    ]


def _parsed(place: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{place}: is no JSON ({shown(error)}); a table is one object a line, or one list of "
            "objects"
        ) from None
