"""Node tables: every node with its features and maybe its time."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import attrs
import numpy as np
import pandas as pd

from geoframe.data import listed, load_npz, read_bytes, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_nst.data_config import GraphDataConfig
from geoframe_nst.graph import Features, Floats
from geoframe_nst.readers.arrays import node_arrays
from geoframe_nst.readers.delimited import read_delimited
from geoframe_nst.readers.features import select_features
from geoframe_nst.readers.raw import RawGraph
from geoframe_nst.readers.times import parse_times

NAME = "name"


@attrs.frozen(kw_only=True, eq=False)
class NodeTable:
    """Nodes in the order of their table."""

    names: tuple[str, ...]
    features: Features | None
    """float32 ``(n, F)``."""
    times: Floats | None
    """float64 ``(n,)``."""


def read_nodes(path: Path, config: GraphDataConfig, *, require_time: bool = False) -> NodeTable:
    """Read a table of nodes.

    Names stand in the column ``name`` (array ``names`` of an npz), or else in the first column;
    times in the column ``config.time``; all others are features, as far as ``config.features``
    says.

    Parameters
    ----------
    require_time
        Whether a table without the column ``config.time`` is refused.

    Raises
    ------
    DataError
        If the table cannot be read, lacks a column, repeats a name, or holds a feature that is
        not a number.
    """
    if path.suffix.lower() == ".npz":
        table = _nodes_of_npz(path, config, require_time)
    else:
        table = _nodes_of_frame(path, config, require_time)
    if len({*table.names}) < len(table.names):
        repeated = pd.Series(table.names)
        twice = repeated[repeated.duplicated()].iloc[0]
        raise DataError(f"{path}: node '{shown(twice)}' stands there twice")
    return table


def with_node_table(raw: RawGraph, path: Path, config: GraphDataConfig) -> RawGraph:
    """Join a node table to a graph; the table's order becomes the order of the nodes.

    The table lists every node, those without edges too.

    Raises
    ------
    DataError
        If the table is refused by :func:`read_nodes`, or lacks a node that has an edge.
    """
    table = read_nodes(path, config, require_time=True)
    index = {name: row for row, name in enumerate(table.names)}
    position = np.array([index.get(name, -1) for name in raw.names], dtype=np.int64)
    edges = position[raw.edges]
    if len(bad := np.flatnonzero((edges < 0).any(axis=1))):
        name = raw.names[raw.edges[bad[0]][edges[bad[0]] < 0][0]]
        raise DataError(
            f"{raw.where(int(bad[0]))}: node '{shown(name)}' is not in the node table {path}"
            f"{did_you_mean(name, table.names)}"
        )
    return attrs.evolve(
        raw, names=table.names, edges=edges, features=table.features, times=table.times
    )


def _nodes_of_npz(path: Path, config: GraphDataConfig, require_time: bool) -> NodeTable:
    arrays = load_npz(path)
    if config.time not in arrays and not require_time:
        config = attrs.evolve(config, time=None)
    names, features, times = node_arrays(arrays, str(path), config)
    if names is None:
        raise DataError(f"{path}: no array 'names'; a node table needs the nodes' names")
    return NodeTable(names=names, features=features, times=times)


def _nodes_of_frame(path: Path, config: GraphDataConfig, require_time: bool) -> NodeTable:
    frame = _read_frame(path)
    key = NAME if NAME in frame.columns else frame.columns[0]
    names = tuple(str(name) for name in frame.pop(key))
    times = None
    if config.time is not None and config.time in frame.columns:
        times = parse_times(frame.pop(config.time), str(path))
    elif config.time is not None and require_time:
        columns = [str(column) for column in frame.columns]
        raise DataError(
            f"{path}: no column '{shown(config.time)}'{did_you_mean(config.time, columns)} "
            f"(columns: {listed(columns)}); name it with data.time"
        )
    features = select_features(frame, config.features, names, str(path))
    return NodeTable(names=names, features=features, times=times)


def _read_frame(path: Path) -> pd.DataFrame:
    suffix = path.suffix.lower()
    if suffix in {".parquet", ".pq"}:
        content = BytesIO(read_bytes(path))
        try:
            frame = pd.read_parquet(content)
        except Exception as error:  # a damaged file makes pyarrow raise one of many types
            raise DataError(f"{path}: not a readable Parquet file: {shown(error)}") from None
        frame.columns = frame.columns.astype(str)
        if frame.shape[1] == 0:
            raise DataError(f"{path}: has no columns; a node table needs the nodes' names")
        return frame
    if suffix in {".csv", ".tsv", ".tab", ".txt"}:
        table = read_delimited(
            path, tabs=suffix in {".tsv", ".tab"}, header=True, known=(), positional=()
        )
        return table.frame
    raise DataError(
        f"{path}: a node table must end in .csv, .tsv, .txt, .parquet or .npz, not '{suffix}'"
    )
