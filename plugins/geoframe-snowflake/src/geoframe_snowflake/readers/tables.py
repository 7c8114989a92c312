"""CSV and TSV: a distance matrix, an edge list, or one point per line."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from geoframe.errors import DataError
from geoframe_snowflake.data_config import MetricDataConfig
from geoframe_snowflake.readers.files import TableFormat, numbers, read_cells, with_header
from geoframe_snowflake.readers.raw import Raw, RawDistances, RawEdges, RawPoints, numbered


def read_table(path: Path, config: MetricDataConfig, *, format: TableFormat) -> Raw:
    """Read a table by ``data.content``; ``"auto"`` looks at its shape and columns.

    A matrix may have a first line of names, and with it a first column of names. An edge list
    has the columns ``source`` and ``target``. Points have to be asked for.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    cells = read_cells(path, format)
    content = _guess(path, cells, config) if config.content == "auto" else config.content
    if content == "graph":
        return _edges(path, with_header(path, cells), config)
    if content == "points":
        return named_points(path, with_header(path, cells), config.name)
    return _matrix(path, cells)


def _guess(
    path: Path, cells: pd.DataFrame, config: MetricDataConfig
) -> Literal["graph", "distances"]:
    header = set(cells.iloc[0].str.strip())
    if {config.source, config.target} <= header:
        return "graph"
    lines, columns = cells.shape
    if columns == 1 and lines > 2:
        raise DataError(
            f"{path}: its lines are single cells; cells are separated by a comma in csv and by a "
            "tab in tsv (data.format)"
        )
    if lines in (columns, columns + 1):
        return "distances"
    raise DataError(
        f"{path}: has no columns '{config.source}' and '{config.target}', and {lines} lines of "
        f"{columns} cells are no distance matrix; set data.content (graph, distances or points)"
    )


def _matrix(path: Path, cells: pd.DataFrame) -> RawDistances:
    lines, columns = cells.shape
    corner = pd.to_numeric(cells.iloc[0, :1], errors="coerce")
    if lines == columns and corner.notna().all():
        return RawDistances(
            origin=str(path), names=numbered(columns), distances=numbers(path, cells)
        )
    frame = with_header(path, cells)
    if lines != columns:
        names = tuple(map(str, frame.columns))
        return RawDistances(origin=str(path), names=names, distances=numbers(path, frame))
    names = tuple(frame.iloc[:, 0].str.strip())
    if names != tuple(frame.columns[1:]):
        raise DataError(f"{path}: the names of the lines are not those of the columns, in order")
    return RawDistances(origin=str(path), names=names, distances=numbers(path, frame.iloc[:, 1:]))


def _edges(path: Path, frame: pd.DataFrame, config: MetricDataConfig) -> RawEdges:
    for key in ("source", "target"):
        column = getattr(config, key)
        if column not in frame.columns:
            raise DataError(
                f"{path}: no column '{column}' (columns: {', '.join(frame.columns)}); "
                f"set data.{key}"
            )
    ends = np.char.strip(frame[[config.source, config.target]].to_numpy(dtype=str))
    unnamed = np.flatnonzero((ends == "").any(axis=1))
    if len(unnamed):
        raise DataError(f"{path}: line {unnamed[0] + 2}: an end of the edge has no name")
    names, index = np.unique(ends, return_inverse=True)
    lengths = np.ones(len(frame))
    if config.weight in frame.columns:
        lengths = numbers(path, frame[[config.weight]])[:, 0]
    elif config.weight != "weight":
        raise DataError(f"{path}: no column '{config.weight}'; set data.weight")
    return RawEdges(
        origin=str(path),
        names=tuple(names.tolist()),
        ends=index.reshape(-1, 2).astype(np.int64),
        lengths=lengths,
    )


def named_points(path: Path, frame: pd.DataFrame, name: str) -> RawPoints:
    """Rows of numbers, named by the column ``name`` if there is one."""
    names = numbered(len(frame))
    if name in frame.columns:
        names = tuple(frame[name])
        frame = frame.drop(columns=name)
    if not len(frame.columns):
        raise DataError(f"{path}: has no columns of numbers")
    return RawPoints(origin=str(path), names=names, points=numbers(path, frame))
