"""Parent lists: CSV and TSV with one edge a line."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import numpy as np

from geoframe.data import read_text, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_hnn.data_config import TreeDataConfig
from geoframe_hnn.raw import RawTree

ABSENT = ("nan", "na", "none", "null")
"""What other programs write into an empty cell; as names these are unlikely."""


def read_parent_list(path: Path, config: TreeDataConfig, delimiter: str) -> RawTree:
    """Read parent, child and maybe a length a line; an empty parent makes the child a root.

    With a header the columns are found by the names in ``config``; without one (no cell of the
    first line is such a name) they are parent, child and length, in this order.

    Raises
    ------
    DataError
        Naming file, line and remedy.
    """
    reader = csv.reader(StringIO(read_text(path), newline=""), delimiter=delimiter)
    rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    rows = [(number, row) for number, row in rows if any(row)]
    columns = (config.source, config.target, config.weight)
    first = rows[0][1]
    headed = bool({cell.lower() for cell in first} & {column.lower() for column in columns})
    _check_width(path, first, columns, delimiter, headed)
    header = first if headed else list(columns)
    rows = rows[headed:]
    at = [
        _column(path, header, name, option)
        for name, option in zip(columns, ("source", "target", None), strict=True)
    ]
    index: dict[str, int] = {}
    edges: list[tuple[int, int]] = []
    lengths: list[float] = []
    for number, row in rows:
        if any(row[len(header) :]):
            raise DataError(
                f"{path}:{number}: has {len(row)} cells for {len(header)} columns; a name with the "
                "separator in it has to stand in double quotes"
            )
        parent, child, length = (_cell(row, place) for place in at)
        if not child:
            raise DataError(f"{path}:{number}: has no child")
        below = index.setdefault(child, len(index))
        if parent:
            edges.append((index.setdefault(parent, len(index)), below))
            if not headed and number == rows[0][0] and not _is_number(length):
                raise DataError(_no_header(path, first, columns))
            lengths.append(_number(length, path, number))
    has_lengths = any(not np.isnan(length) for length in lengths)
    return RawTree(
        origin=str(path),
        names=tuple(index),
        edges=np.array(edges, dtype=np.int64).reshape(-1, 2),
        lengths=np.array(lengths) if has_lengths else None,
        repairs=_suspicious_root(index, edges),
    )


def _check_width(
    path: Path, first: list[str], columns: tuple[str, ...], delimiter: str, headed: bool
) -> None:
    if len(first) == 1:
        comma = "comma" if delimiter == "," else "tab"
        raise DataError(
            f"{path}: the first line, '{shown(first[0])}', is a single cell; cells are separated "
            f"by a {comma} (data.format: csv takes commas, tsv tabs)"
        )
    if not headed and len(first) > len(columns):
        raise DataError(_no_header(path, first, columns))
    folded = [cell.lower() for cell in first]
    for column in columns:
        if headed and folded.count(column.lower()) > 1:
            raise DataError(f"{path}: two columns are named '{shown(column)}'; rename one")


def _no_header(path: Path, first: list[str], columns: tuple[str, ...]) -> str:
    return (
        f"{path}: the first line ({', '.join(map(shown, first))}) has no column "
        f"'{shown(columns[0])}' and is no parent, child and length either; name its columns with "
        "data.source, data.target and data.weight"
    )


def _suspicious_root(index: dict[str, int], edges: list[tuple[int, int]]) -> tuple[str, ...]:
    below = {child for _, child in edges}
    return tuple(
        f"took '{name}' for the name of a root; leave the parent of a root empty"
        for name, node in index.items()
        if name.lower() in ABSENT and node not in below
    )


def _column(path: Path, header: list[str], name: str, option: str | None) -> int:
    """Place of a column, beyond the last if there is none; an ``option`` says it is required."""
    folded = [cell.lower() for cell in header]
    if name.lower() in folded:
        return folded.index(name.lower())
    if option is not None:
        raise DataError(
            f"{path}: no column '{shown(name)}'{did_you_mean(name, header)} (columns: "
            f"{', '.join(map(shown, header))}); name it with data.{option}"
        )
    return len(header)


def _cell(row: list[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _is_number(text: str) -> bool:
    try:
        float(text or "nan")
    except ValueError:
        return False
    return True


def _number(text: str, path: Path, line: int) -> float:
    if not _is_number(text):
        raise DataError(f"{path}:{line}: the length '{shown(text)}' is not a number")
    return float(text or "nan")
