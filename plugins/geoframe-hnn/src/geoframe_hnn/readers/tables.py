"""Parent lists: CSV and TSV with one edge a line."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from geoframe.data import read_text, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_hnn.data_config import TreeDataConfig
from geoframe_hnn.raw import RawTree


def read_parent_list(path: Path, config: TreeDataConfig, delimiter: str) -> RawTree:
    """Read parent, child and maybe a length a line; an empty parent makes the child a root.

    With a header the columns are found by the names in ``config``; without one (no cell of the
    first line is such a name) they are parent, child and length, in this order.

    Raises
    ------
    DataError
        Naming file, line and remedy.
    """
    rows = [
        (number, [cell.strip() for cell in row])
        for number, row in enumerate(
            csv.reader(read_text(path).splitlines(), delimiter=delimiter), 1
        )
        if any(cell.strip() for cell in row)
    ]
    columns = (config.source, config.target, config.weight)
    header = rows[0][1]
    if {cell.lower() for cell in header} & {column.lower() for column in columns}:
        rows = rows[1:]
    elif len(header) > len(columns):
        raise DataError(
            f"{path}: no column '{shown(columns[0])}', and {len(header)} columns are no parent "
            "list (parent, child, length); name its columns with data.source and data.target"
        )
    else:
        header = list(columns)
    at = [
        _column(path, header, name, option)
        for name, option in zip(columns, ("source", "target", None), strict=True)
    ]
    index: dict[str, int] = {}
    edges: list[tuple[int, int]] = []
    lengths: list[float] = []
    for number, row in rows:
        parent, child, length = (_cell(row, place) for place in at)
        if not child:
            raise DataError(f"{path}:{number}: has no child")
        below = index.setdefault(child, len(index))
        if parent:
            edges.append((index.setdefault(parent, len(index)), below))
            lengths.append(_number(length, path, number))
    has_lengths = any(not np.isnan(length) for length in lengths)
    return RawTree(
        origin=str(path),
        names=tuple(index),
        edges=np.array(edges, dtype=np.int64).reshape(-1, 2),
        lengths=np.array(lengths) if has_lengths else None,
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


def _number(text: str, path: Path, line: int) -> float:
    try:
        return float(text) if text else float("nan")
    except ValueError:
        raise DataError(f"{path}:{line}: the length '{shown(text)}' is not a number") from None
