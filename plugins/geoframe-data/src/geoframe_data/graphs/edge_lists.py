"""Edge lists: delimited text or a Parquet or Feather file with one edge a row."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from geoframe.data import listed
from geoframe.errors import DataError
from geoframe_data.cells import Cells
from geoframe_data.columns import WHOLE_FLOAT, as_texts, find_types, read_column
from geoframe_data.delimited import Delimited
from geoframe_data.graph import Floats, Graph, Ints
from geoframe_data.graphs.fields import Fields
from geoframe_data.graphs.times import parse_times, times_of_targets
from geoframe_data.numerals import all_match
from geoframe_data.schema import ColumnType

PLACES = ("source", "target", "weight", "time")
"""Columns of a file without a header, in this order."""


def graph_of_edges(table: Delimited, fields: Fields) -> Graph:
    """Read one edge per row: source, target, and maybe a length and a time.

    Names of nodes are whatever text stands there, numbers included; nodes are numbered in the
    order in which they first appear. A row without a parent is a node that hangs from none.

    Raises
    ------
    DataError
        Naming file, line and remedy.
    """
    places = fields.ends(table) if table.header is not None else _by_place(table)
    if places is None:
        table.place(fields.source, "data.source")
        table.place(fields.target, "data.target")
        raise DataError(
            f"{table.path}: no two columns name the ends of an edge (columns: "
            f"{listed(table.names)}); name them with data.source and data.target"
        )
    rootable = fields.roots or table.names[places[0]].lower() == "parent"
    if not rootable:
        table.filled(places[0])
    table.filled(places[1])
    sources, targets, whole = _ends(table, places)
    rooted = (sources != "").to_numpy(dtype=bool)
    ends = np.stack([sources.to_numpy(dtype=object), targets.to_numpy(dtype=object)], axis=1)
    flat = ends.ravel()
    codes, found = pd.factorize(flat[flat != ""])
    positions = np.full(len(flat), -1)
    positions[flat != ""] = codes
    edges = positions.reshape(-1, 2)[rooted]
    weights, note = _weights(table, places, fields)
    times = _times(table, edges, rooted, len(found), fields)
    return Graph(
        names=tuple(found),
        edges=edges,
        weights=None if weights is None else weights[rooted],
        directed=_directed(table),
        times=times,
        origin=str(table.path),
        lines=table.lines[rooted],
        repairs=(*table.notes, *(each for each in (whole, note) if each is not None)),
    )


def _by_place(table: Delimited) -> tuple[int, int]:
    if len(table.cells) < 2:
        raise DataError(f"{table.path}: has one column only; an edge needs a source and a target")
    return 0, 1


def _ends(
    table: Delimited, places: tuple[int, int]
) -> tuple[pd.Series[str], pd.Series[str], str | None]:
    """Names of sources and targets; whole numbers that pandas wrote as ``1.0`` are ``1``."""
    columns = [table.texts(place) for place in places]
    written = [pc.any(pc.match_substring(column, ".")).as_py() for column in columns]
    if not any(written) or not all(all_match(each, rf"|{WHOLE_FLOAT}") for each in columns):
        return columns[0].to_pandas(), columns[1].to_pandas(), None
    plain = [pc.replace_substring_regex(column, r"\.0*$", "") for column in columns]
    note = "names of nodes such as '1.0' were read as whole numbers: '1'"
    return plain[0].to_pandas(), plain[1].to_pandas(), note


def _directed(table: Delimited) -> bool | None:
    """Whether all edges are, which Gephi writes into a column ``Type``; None if nothing says so.

    Raises
    ------
    DataError
        If some are and some are not.
    """
    place = table.find("type")
    said = [] if place is None else pc.unique(pc.utf8_lower(table.texts(place))).to_pylist()
    if not said or not set(said) <= {"directed", "undirected"}:
        return None
    if len(said) > 1:
        raise DataError(
            f"{table.path}: column '{table.names[place or 0]}' has directed and undirected edges; "
            "write the undirected ones in both directions, or leave the column out"
        )
    return said == ["directed"]


def _weights(
    table: Delimited, ends: tuple[int, int], fields: Fields
) -> tuple[Floats | None, str | None]:
    if table.header is None:
        if len(table.cells) < 3:
            return None, None
        place, note = 2, None
        if fields.weight not in ("weight", "length"):
            table.place(fields.weight, "data.weight")
    else:
        others = {
            table.names[place]: place
            for place in range(len(table.cells))
            if place not in ends and table.header[place] and place != _time_place(table, fields)
        }
        numeric = {name: _is_numeric(table, place) for name, place in others.items()}
        name, note = fields.length(numeric, str(table.path))
        if name is None:
            return None, None
        place = others[name]
    found = _type(table, place)
    if found.kind == "empty":
        return None, None
    if not found.numeric:
        table.numbers(place, blank=True)  # which says where
    cells = read_column(found, table.texts(place), partial(_where, table))
    return cells.to_numpy(np.float64, na_value=np.nan), note


def _is_numeric(table: Delimited, place: int) -> bool:
    """Whether it may be a column of numbers, in whatever convention."""
    try:
        return _type(table, place).numeric
    except DataError:  # numbers that fit several conventions
        return True


def _type(table: Delimited, place: int) -> ColumnType:
    (found,), _ = find_types([table.names[place]], [table.texts(place)], partial(_where, table))
    return found


def _where(table: Delimited, row: int) -> str:
    return f"{table.path}:{table.lines[row]}"


def _time_place(table: Delimited, fields: Fields) -> int | None:
    if fields.time is None or fields.node_table:  # with a table of nodes, the times stand there
        return None
    if table.header is None:
        return 3 if len(table.cells) > 3 else None
    return table.place(fields.time, "data.time")


def _times(
    table: Delimited, edges: Ints, rooted: np.ndarray, n: int, fields: Fields
) -> Floats | None:
    place = _time_place(table, fields)
    if place is None:
        if fields.time is not None and not fields.node_table:
            table.place(fields.time, "data.time")
        return None
    times = parse_times(table.series(place), str(table.path), table.lines)
    return times_of_targets(edges, times[rooted], n)


def as_delimited(cells: Cells) -> Delimited:
    """The texts that a file of another kind would have as CSV."""
    columns = tuple(as_texts(column) for column in cells.columns)
    lines = np.arange(1, len(cells) + 1) if cells.lines is None else cells.lines
    return Delimited(cells.path, cells.names, columns, lines, cells.notes)
