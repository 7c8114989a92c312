"""GraphML, GML and node-link JSON, through networkx."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import networkx as nx
import numpy as np

from geoframe.data import read_bytes
from geoframe.errors import DataError
from geoframe_snowflake.data_config import MetricDataConfig
from geoframe_snowflake.readers.raw import RawEdges


def read_network(
    path: Path, config: MetricDataConfig, *, format: Literal["graphml", "gml", "json"]
) -> RawEdges:
    """Read a graph file.

    Raises
    ------
    DataError
        If it is not readable, or an edge's length is no number.
    """
    content = read_bytes(path)
    try:
        graph = _parse(content, format)
    except Exception as error:  # networkx and its XML parser raise many types
        text = " ".join(str(error).split())[:200]
        raise DataError(f"{path}: is not readable as {format}: {text}") from None
    return network_edges(graph, str(path), config.weight)


def network_edges(graph: Any, origin: str, weight: str) -> RawEdges:
    """Edges of a networkx graph; all lengths are 1 if no edge has the attribute ``weight``.

    Raises
    ------
    DataError
        If an edge's length is missing or no number.
    """
    nodes = list(graph)
    position = {node: index for index, node in enumerate(nodes)}
    edges = list(graph.edges(data=weight))
    lengths = np.ones(len(edges))
    if any(value is not None for *_, value in edges):
        for index, (first, second, value) in enumerate(edges):
            try:
                lengths[index] = float(value)
            except (TypeError, ValueError):
                raise DataError(
                    f"{origin}: edge {first!r} - {second!r}: {weight} is {value!r}, not a number; "
                    "set data.weight"
                ) from None
    ends = np.array([(position[u], position[v]) for u, v, _ in edges], dtype=np.int64)
    return RawEdges(
        origin=origin,
        names=tuple(_label(graph, node) for node in nodes),
        ends=ends.reshape(-1, 2),
        lengths=lengths,
    )


def _parse(content: bytes, format: str) -> Any:
    if format == "graphml":
        return nx.read_graphml(BytesIO(content))
    if format == "gml":
        return nx.parse_gml(content.decode("utf-8"))
    table = json.loads(content)
    key = "links" if "links" in table else "edges"
    return nx.node_link_graph(table, edges=key)


def _label(graph: Any, node: Any) -> str:
    """The node's label if it has one, and its identifier otherwise."""
    return str(graph.nodes[node].get("label", node))
