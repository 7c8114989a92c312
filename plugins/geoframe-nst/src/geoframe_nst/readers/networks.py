"""GraphML, GML and JSON node-link files, read by networkx."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from geoframe.data import decode, listed, read_bytes, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_nst.data_config import GraphDataConfig
from geoframe_nst.graph import Floats
from geoframe_nst.readers.features import select_features
from geoframe_nst.readers.raw import RawGraph
from geoframe_nst.readers.times import parse_times


def read_network(path: Path, config: GraphDataConfig, *, format: str) -> RawGraph:
    """Read a GraphML, GML or JSON node-link file (``format``).

    A node's name is its attribute ``name`` or ``label`` if every node has one and they differ,
    else its identifier.

    Raises
    ------
    DataError
        If the file is not of that format or not a directed graph, or an attribute is missing.
    """
    content = read_bytes(path)
    try:
        graph = _PARSERS[format](path, content)
    except DataError:
        raise
    except Exception as error:  # the parsers raise whatever the file makes them stumble over
        reason = f"no {error}" if isinstance(error, KeyError) else shown(error)
        raise DataError(f"{path}: not a readable {format} graph: {reason}") from None
    if not graph.is_directed():
        raise DataError(
            f"{path}: the graph is undirected; an edge must say which end comes "
            "first; save it as a directed graph"
        )
    identifiers = {node: index for index, node in enumerate(graph)}
    names = _names(graph)
    edges = np.array(
        [(identifiers[u], identifiers[v]) for u, v in graph.edges()], dtype=np.int64
    ).reshape(-1, 2)
    attributes = [data for _, _, data in graph.edges(data=True)]
    unused = sorted(
        {str(key) for data in attributes for key in data} - {config.weight, "id", "key"}
    )
    frame = pd.DataFrame([dict(data) for _, data in graph.nodes(data=True)])
    frame.columns = frame.columns.astype(str)
    frame = frame.drop(columns=["name", "label"], errors="ignore")
    times = None
    if config.time is not None and config.nodes is None:
        if config.time not in frame.columns:
            columns = [*frame.columns]
            raise DataError(
                f"{path}: no node attribute '{shown(config.time)}'"
                f"{did_you_mean(config.time, columns)} (attributes: {listed(columns)}); name it "
                "with data.time"
            )
        times = parse_times(frame.pop(config.time), str(path))
    features = None
    if config.nodes is None:
        features = select_features(frame, config.features, names, str(path))
    return RawGraph(
        origin=str(path),
        names=names,
        edges=edges,
        weights=_weights(path, config.weight, attributes, edges, names),
        features=features,
        times=times,
        unused=tuple(unused),
    )


def _parse_graphml(path: Path, content: bytes) -> Any:
    return nx.read_graphml(BytesIO(content))


def _parse_gml(path: Path, content: bytes) -> Any:
    return nx.parse_gml(decode(path, content), label="id")


def _parse_json(path: Path, content: bytes) -> Any:
    data = json.loads(decode(path, content))
    key = "links" if isinstance(data, dict) and "links" in data else "edges"
    if not isinstance(data, dict) or not isinstance(data.get("nodes"), list) or key not in data:
        raise ValueError("expected node-link data, an object with 'nodes' and 'links' or 'edges'")
    graph = nx.node_link_graph(data, directed=True, multigraph=True, edges=key)
    if len(graph) > len(data["nodes"]):  # networkx invents the nodes that only edges name
        listed_nodes = {node.get("id") for node in data["nodes"]}
        invented = next(node for node in graph if node not in listed_nodes)
        raise ValueError(f"an edge names '{shown(invented)}', which is not among the nodes")
    return graph


_PARSERS: dict[str, Callable[[Path, bytes], Any]] = {
    "graphml": _parse_graphml,
    "gml": _parse_gml,
    "json": _parse_json,
}


def _names(graph: Any) -> tuple[str, ...]:
    for attribute in ("name", "label"):
        names = tuple(str(data.get(attribute, "")) for _, data in graph.nodes(data=True))
        if all(names) and len(set(names)) == len(names):
            return names
    return tuple(str(node) for node in graph)


def _weights(
    path: Path,
    weight: str,
    attributes: list[dict[str, Any]],
    edges: np.ndarray,
    names: tuple[str, ...],
) -> Floats | None:
    found = [data.get(weight) for data in attributes]
    if all(value is None for value in found):
        return None
    weights = np.empty(len(found))
    for index, value in enumerate(found):
        try:
            weights[index] = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            u, v = (shown(names[node]) for node in edges[index])
            problem = "has no" if value is None else f"has '{shown(value)}', not a number, as"
            raise DataError(f"{path}: edge '{u}' -> '{v}' {problem} '{weight}'") from None
    return weights
