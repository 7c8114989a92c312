"""GraphML and GML files, and networkx graphs in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import networkx as nx

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_data.files import UserFile
from geoframe_data.graph import Graph
from geoframe_data.graphs.fields import Fields
from geoframe_data.graphs.records import Records, graph_of_records
from geoframe_data.graphs.xml import parse_xml

GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"


def read_graphml(file: UserFile, fields: Fields) -> Graph:
    """Read a GraphML file; the defaults of its keys apply to whatever has no value of its own.

    Raises
    ------
    DataError
        If it is not GraphML, or holds several graphs.
    """
    root = parse_xml(file, "GraphML")
    graphs = sum(1 for _ in root.iter(f"{GRAPHML}graph"))
    if graphs != 1:
        raise DataError(
            f"{file.path}: holds {graphs} graphs; a file of one graph is needed, without graphs "
            "inside of nodes: write each to a file of its own"
        )
    try:
        reader = nx.readwrite.graphml.GraphMLReader(force_multigraph=True)
        (graph,) = reader(string=file.text().encode())
    except Exception as error:  # networkx raises whatever the file makes it stumble over
        reason = f"no {error}" if isinstance(error, KeyError) else shown(error)
        raise DataError(f"{file.path}: not a readable graphml graph: {reason}") from None
    return graph_of_networkx(graph, fields, origin=str(file.path))


def read_gml(file: UserFile, fields: Fields) -> Graph:
    """Read a GML file; its nodes need no labels.

    Raises
    ------
    DataError
        If it is not GML, or an edge names a node that is not listed.
    """
    # Otherwise networkx refuses parallel edges, unless the file says that it has them.
    text = re.sub(r"(?mi)^(\s*graph\s*\[)", r"\1 multigraph 1 ", file.text(), count=1)
    try:
        graph = nx.parse_gml(text, label="id")
    except Exception as error:  # networkx raises whatever the file makes it stumble over
        reason = f"no {error}" if isinstance(error, KeyError) else shown(error)
        raise DataError(f"{file.path}: not a readable gml graph: {reason}") from None
    return graph_of_networkx(graph, fields, origin=str(file.path))


def graph_of_networkx(graph: Any, fields: Fields, *, origin: str = "networkx graph") -> Graph:
    """Make a graph of a networkx graph of any class.

    Raises
    ------
    DataError
        See :func:`geoframe_data.graphs.records.graph_of_records`.
    """
    nodes: Mapping[str, Any] = graph.graph.get("node_default", {})
    edges: Mapping[str, Any] = graph.graph.get("edge_default", {})
    place = {node: index for index, node in enumerate(graph)}
    return graph_of_records(
        Records(
            origin=origin,
            identifiers=[*graph],
            nodes=[{**nodes, **data} for _, data in graph.nodes(data=True)],
            ends=[(place[u], place[v]) for u, v in graph.edges()],
            edges=[{**edges, **data} for _, _, data in graph.edges(data=True)],
            directed=graph.is_directed(),
        ),
        fields,
    )
