"""Node tables: every node with its features, its other attributes, and maybe its time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.data import MAX_BYTES, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_data.arrays import load_arrays
from geoframe_data.cells import Cells, read_cells
from geoframe_data.columns import as_texts
from geoframe_data.files import open_file
from geoframe_data.formats import content_kind
from geoframe_data.graph import Features, Floats, Graph
from geoframe_data.graphs.arrays import node_arrays
from geoframe_data.graphs.features import select_features
from geoframe_data.graphs.fields import NAMES, Fields
from geoframe_data.graphs.times import parse_times
from geoframe_data.table import Table, typed


@attrs.frozen(kw_only=True, eq=False)
class NodeTable:
    """Nodes in the order of their table."""

    names: tuple[str, ...]
    features: Features | None
    """float32 ``(n, F)``."""
    times: Floats | None
    """float64 ``(n,)``."""
    attributes: pd.DataFrame | None = None
    """``n`` rows: all columns but the names and times."""
    notes: tuple[str, ...] = ()


def read_nodes(
    path: Path,
    *,
    name: str = "name",
    time: str | None = None,
    features: tuple[str, ...] = ("*",),
    require_time: bool = False,
    delimiter: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> NodeTable:
    """Read a table of nodes.

    Parameters
    ----------
    path
        A table (see :func:`geoframe_data.read_table`), or an npz with ``names``.
    name
        Column (array) of the names; without it ``name``, ``label``, an index or the first column.
    time
        Column of the times, if there is one.
    features
        Names or shell patterns of the feature columns; ``*`` alone takes all columns of numbers.
    require_time
        Whether a table without the column ``time`` is refused.
    delimiter, max_bytes
        See :func:`geoframe_data.read_delimited`.

    Raises
    ------
    DataError
        If the table cannot be read, lacks a column, repeats a name, or holds a feature that is
        not a number.
    """
    file = open_file(path, max_bytes=max_bytes)
    fields = Fields(name=name, time=time, features=features)
    if content_kind(file) == "npz":
        table = _of_arrays(path, load_arrays(file, max_bytes=max_bytes), fields, require_time)
    else:
        cells = read_cells(file, delimiter=delimiter, header=True, known=(name, *NAMES))
        table = _of_cells(cells, fields, require_time)
    if len({*table.names}) < len(table.names):
        repeated = pd.Series(table.names)
        twice = repeated[repeated.duplicated()].iloc[0]
        raise DataError(f"{path}: node '{shown(twice)}' stands there twice")
    if "" in table.names:
        raise DataError(f"{path}: node {table.names.index('') + 1} of the table has no name")
    return table


def with_nodes(graph: Graph, table: NodeTable, path: Path) -> Graph:
    """Join a node table to a graph; the table's order becomes the order of the nodes.

    The table lists every node, those without edges too.

    Raises
    ------
    DataError
        If the table lacks a node that has an edge.
    """
    index = {name: row for row, name in enumerate(table.names)}
    position = np.array([index.get(name, -1) for name in graph.names], dtype=np.int64)
    edges = position[graph.edges]
    if len(bad := np.flatnonzero((edges < 0).any(axis=1))):
        name = graph.names[graph.edges[bad[0]][edges[bad[0]] < 0][0]]
        raise DataError(
            f"{graph.where(int(bad[0]))}: node '{shown(name)}' is not in the node table {path}"
            f"{did_you_mean(name, table.names)}"
        )
    return attrs.evolve(
        graph,
        names=table.names,
        edges=edges,
        features=table.features,
        times=table.times,
        attributes=table.attributes,
        repairs=(*graph.repairs, *table.notes),
    )


def _of_arrays(path: Path, arrays: dict[str, np.ndarray], fields: Fields, need: bool) -> NodeTable:
    if fields.time not in arrays and not need:
        fields = attrs.evolve(fields, time=None)
    names, features, times = node_arrays(arrays, str(path), fields)
    if names is None:
        raise DataError(f"{path}: no array 'names'; a node table needs the nodes' names")
    return NodeTable(names=names, features=features, times=times)


def _of_cells(cells: Cells, fields: Fields, need: bool) -> NodeTable:
    lower = [each.lower() for each in cells.names]
    found = (each.lower() for each in (fields.name, *NAMES))
    key = lower.index(next((each for each in found if each in lower), lower[0]))
    notes = []
    if cells.names[0] == "" and key != 0:  # an index that a program wrote beside the names
        cells = attrs.evolve(cells, names=cells.names[1:], columns=cells.columns[1:])
        notes, key = (
            [f"{cells.path.name}: the nameless first column is an index; left out"],
            key - 1,
        )
    names = tuple(as_texts(cells.columns[key]).to_pylist())
    others = [place for place in range(len(cells.names)) if place != key]
    table = typed(
        attrs.evolve(
            cells,
            names=tuple(cells.names[place] for place in others),
            columns=tuple(cells.columns[place] for place in others),
        )
    )
    frame = pd.DataFrame({each: _values(table, each) for each in table.columns}, range(len(names)))
    times = None
    if fields.time is not None and (column := table.find(fields.time)) is not None:
        times = parse_times(frame.pop(column), str(cells.path))
    elif fields.time is not None and need:
        table.column(fields.time, "data.time")
    features = select_features(frame, fields.features, names, str(cells.path))
    return NodeTable(
        names=names,
        features=features,
        times=times,
        attributes=frame,
        notes=(*notes, *table.notes),
    )


def _values(table: Table, column: str) -> NDArray[Any]:
    numeric = table.schema[column].numeric or table.schema[column].kind == "boolean"
    return table.numbers(column) if numeric else table.texts(column)
