"""An embedding applied to new items."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import numpy as np
import pandas as pd

from geoframe.data import shown
from geoframe.errors import DataError, did_you_mean
from geoframe_data import Graph, open_file, read_graph
from geoframe_data.cells import read_cells
from geoframe_data.columns import as_texts
from geoframe_data.graphs.fields import Fields
from geoframe_data.table import typed
from geoframe_embedding.trained import point_frame
from geoframe_snowflake.data import points_of
from geoframe_snowflake.data_config import MetricDataConfig
from geoframe_snowflake.metric.contents import Header

if TYPE_CHECKING:
    from geoframe_snowflake.trained import TrainedSnowflake


def apply_file(trained: TrainedSnowflake, path: Path, config: MetricDataConfig) -> pd.DataFrame:
    """Points of new or known items, keyed by name: ``point_0``, ``point_1``, ...

    The file says where the items are, in one of three ways: features, if the run trained an
    encoder (``name`` and numbers); edges with columns ``source``, ``target`` and perhaps
    ``weight``, from new items to known ones; or a table of distances, its first column the new
    names, the other columns named by known items. A single column ``name`` asks for known items.

    Raises
    ------
    DataError
        If the file cannot be read, or names items that are not known.
    """
    try:
        return _placed(trained, path, config)
    except DataError as error:
        told = str(error)
        raise DataError(told if told.startswith(str(path)) else f"{path}: {told}") from None


def _placed(trained: TrainedSnowflake, path: Path, config: MetricDataConfig) -> pd.DataFrame:
    if trained.embedding.inputs.ndim == 2:
        points = points_of(path, config)
        return point_frame(points.names, trained.embed(points.features))
    file = open_file(path, max_bytes=config.max_bytes)
    cells = read_cells(file, delimiter=config.delimiter, header=True)
    fields = Fields(source=config.source, target=config.target)
    if fields.ends(Header(cells.names)) is not None:
        graph = read_graph(path, **{**config.reading(), "header": True})
        return _attached(trained, path, graph)
    named = tuple(as_texts(cells.columns[0]).to_pylist())
    if len(cells.names) == 1:
        return point_frame(named, trained.points_of(named))
    table = typed(attrs.evolve(cells, names=cells.names[1:], columns=cells.columns[1:]))
    texts = [column for column in table.columns if not table.schema[column].numeric]
    if texts:
        raise DataError(f"{path}: column '{shown(texts[0])}' holds what is not a number")
    distances = np.stack([table.numbers(column) for column in table.columns], axis=1)
    return point_frame(named, trained.place(table.columns, distances))


def _attached(trained: TrainedSnowflake, path: Path, graph: Graph) -> pd.DataFrame:
    """New items by their edges to known ones: as far from all as the shortest way over an edge."""
    known = set(trained.names)
    to_known: dict[str, list[tuple[str, float]]] = {}
    for (u, v), length in zip(graph.edges.tolist(), graph.lengths.tolist(), strict=True):
        first, second = graph.names[u], graph.names[v]
        if (first in known) == (second in known):
            which = "both are items" if first in known else "neither is an item"
            near = (
                "" if first in known else did_you_mean(second, known) or did_you_mean(first, known)
            )
            raise DataError(
                f"{path}: edge '{first}' - '{second}': {which} of the run; an edge must join a new "
                f"item to a known one{near}"
            )
        new, old = (second, first) if first in known else (first, second)
        to_known.setdefault(new, []).append((old, length))
    new_names = tuple(to_known)
    distances = np.stack(
        [
            np.min(
                np.array([length for _, length in edges])[:, None]
                + trained.rows(trained.numbers([old for old, _ in edges])),
                axis=0,
            )
            for edges in to_known.values()
        ]
    )
    return point_frame(new_names, trained.place(trained.names, distances))
