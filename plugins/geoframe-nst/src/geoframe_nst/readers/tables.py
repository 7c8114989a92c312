"""Edge lists: CSV, TSV and text in columns of blanks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from geoframe_nst.data_config import GraphDataConfig
from geoframe_nst.readers.delimited import read_delimited
from geoframe_nst.readers.raw import RawGraph
from geoframe_nst.readers.times import parse_times, times_of_targets


def read_edge_list(path: Path, config: GraphDataConfig, *, tabs: bool) -> RawGraph:
    """Read one edge per line: source, target, and maybe a weight and a time.

    Names of nodes are whatever text stands there, numbers included; nodes are numbered in the
    order in which they first appear. Without a header the columns are source, target, weight
    and time, in this order.

    Raises
    ------
    DataError
        Naming file, line and remedy.
    """
    table = read_delimited(
        path,
        tabs=tabs,
        header=config.header,
        known=(config.source, config.target, config.weight),
        positional=(config.source, config.target, config.weight, config.time or "time"),
    )
    source = table.filled(config.source, "source")
    target = table.filled(config.target, "target")
    ends = np.stack([source.to_numpy(dtype=object), target.to_numpy(dtype=object)], axis=1)
    codes, names = pd.factorize(ends.ravel())
    edges = codes.reshape(-1, 2)
    has_weight = table.find(config.weight) is not None
    weights = table.numbers(config.weight, "weight") if has_weight else None
    times = None
    used = {source.name, target.name, table.find(config.weight)}
    # With a table of nodes, that is where the times stand.
    if config.time is not None and config.nodes is None:
        column = table.column(config.time, "time")
        used.add(column.name)
        times = times_of_targets(edges, parse_times(column, str(path), table.lines), len(names))
    return RawGraph(
        origin=str(path),
        names=tuple(names),
        edges=edges,
        weights=weights,
        times=times,
        lines=table.lines,
        unused=tuple(column for column in table.columns if column not in used),
    )
