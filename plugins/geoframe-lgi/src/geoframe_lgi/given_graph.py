"""What is taken from a graph that was given with the rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoframe.errors import ConfigError
from geoframe_data import Graph
from geoframe_lgi.config import DataConfig


def both_ways(graph: Graph) -> NDArray[np.int64]:
    """Edges ``(e, 2)`` without loops, and their reverses unless the graph is directed."""
    edges: NDArray[np.int64] = graph.edges[graph.edges[:, 0] != graph.edges[:, 1]]
    if not graph.directed:
        edges = np.concatenate([edges, edges[:, ::-1]])
    return np.unique(edges, axis=0)


def unused_weights(graph: Graph) -> list[str]:
    """Say that the weights of edges are left aside, where there are different ones."""
    if graph.weights is None or len(np.unique(graph.weights)) < 2:
        return []
    return [
        "the edges' weights are not used, all edges count the same; leave weak ones out of the file"
    ]


def refuse_more_files(config: DataConfig, graph: Graph) -> None:
    """Raise :class:`ConfigError` if files are named beside a graph, which would not be read."""
    for name in ("edges", "validation_path", "test_path"):
        if getattr(config, name) is not None:
            raise ConfigError(
                [f"data.{name}: has no say: {graph.origin} has all nodes and edges; leave it out"]
            )
