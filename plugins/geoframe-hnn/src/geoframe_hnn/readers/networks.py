"""GraphML and JSON files."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from geoframe.data import read_bytes, read_text, shown
from geoframe.errors import DataError
from geoframe_hnn.data_config import TreeDataConfig
from geoframe_hnn.raw import RawTree


def read_graphml(path: Path, config: TreeDataConfig) -> RawTree:
    """Read a GraphML file, directed (parent -> child) or undirected.

    Raises
    ------
    DataError
        If it is not GraphML.
    """
    try:
        graph = nx.read_graphml(BytesIO(read_bytes(path)))
    except DataError:
        raise
    except Exception as error:  # networkx and its XML parser raise many types
        raise DataError(f"{path}: not a readable GraphML file: {shown(error)}") from None
    return _of_network(path, graph, config.weight)


def read_json(path: Path, config: TreeDataConfig) -> RawTree:
    """Read node-link data (``nodes`` and ``links`` or ``edges``) or a nested hierarchy.

    In a hierarchy every node is an object with a ``name`` and maybe ``children`` and a length.

    Raises
    ------
    DataError
        If it is neither.
    """
    try:
        data = json.loads(read_text(path))
    except ValueError as error:
        raise DataError(f"{path}: not JSON: {shown(error)}") from None
    except RecursionError:
        raise DataError(
            f"{path}: the objects are nested too deeply for JSON; give the tree as a parent list "
            "(csv) or as node-link data"
        ) from None
    if isinstance(data, dict) and isinstance(data.get("nodes"), list):
        key = "links" if "links" in data else "edges"
        if not isinstance(data.get(key), list):
            raise DataError(f"{path}: node-link data with 'nodes', but no list 'links' or 'edges'")
        try:
            graph = nx.node_link_graph(data, directed=bool(data.get("directed", True)), edges=key)
        except Exception as error:  # entries of any type make networkx raise anything
            raise DataError(f"{path}: not readable node-link data: {shown(error)}") from None
        return _of_network(path, graph, config.weight)
    if isinstance(data, dict) and ("children" in data or "name" in data):
        return _of_hierarchy(path, data, config.weight)
    raise DataError(
        f"{path}: expected node-link data ('nodes' and 'links') or nested objects with 'name' and "
        "'children'"
    )


def _of_network(path: Path, graph: Any, weight: str) -> RawTree:
    index = {node: row for row, node in enumerate(graph)}
    attributes = [data for _, _, data in graph.edges(data=True)]
    return RawTree(
        origin=str(path),
        names=_names(graph),
        edges=np.array([(index[u], index[v]) for u, v in graph.edges()], dtype=np.int64).reshape(
            -1, 2
        ),
        lengths=_lengths(path, [data.get(weight) for data in attributes]),
        directed=graph.is_directed(),
    )


def _names(graph: Any) -> tuple[str, ...]:
    """Take the attribute ``name`` or ``label`` if every node has one, else the identifiers."""
    for attribute in ("name", "label"):
        names = tuple(str(data.get(attribute, "")) for _, data in graph.nodes(data=True))
        if names and all(names):
            return names
    return tuple(str(node) for node in graph)


def _of_hierarchy(path: Path, data: dict[str, Any], weight: str) -> RawTree:
    names: list[str] = []
    edges: list[tuple[int, int]] = []
    lengths: list[Any] = []
    waiting: list[tuple[Any, int]] = [(data, -1)]
    while waiting:  # not recursive: hierarchies may be deeper than Python's stack
        node, parent = waiting.pop()
        children = node.get("children") or [] if isinstance(node, dict) else None
        if not isinstance(children, list):
            raise DataError(f"{path}: '{shown(node)}' is not an object with a list of children")
        here = len(names)
        names.append(str(node.get("name", "")))
        if parent >= 0:
            edges.append((parent, here))
            lengths.append(node.get(weight))
        waiting += [(child, here) for child in reversed(children)]
    return RawTree(
        origin=str(path),
        names=tuple(names),
        edges=np.array(edges, dtype=np.int64).reshape(-1, 2),
        lengths=_lengths(path, lengths),
    )


def _lengths(path: Path, found: list[Any]) -> np.ndarray | None:
    if all(value is None for value in found):
        return None
    try:
        return np.array([np.nan if value is None else float(value) for value in found])
    except (TypeError, ValueError) as error:
        raise DataError(f"{path}: a length is not a number: {shown(error)}") from None
