"""Reading graphs and trees, of any format, from a file, a folder or an object in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from geoframe.data import MAX_BYTES
from geoframe.errors import DataError
from geoframe_data.arrays import load_arrays
from geoframe_data.cells import read_cells
from geoframe_data.delimited import parse_delimited
from geoframe_data.files import UserFile, open_file, plain_suffix
from geoframe_data.formats import SAMPLED, content_kind, format_of
from geoframe_data.frames import frame_cells
from geoframe_data.graph import Graph
from geoframe_data.graphs.arrays import (
    graph_of_arrays,
    graph_of_pyg,
    graph_of_sparse,
    load_safetensors,
)
from geoframe_data.graphs.edge_lists import PLACES, as_delimited, graph_of_edges
from geoframe_data.graphs.fields import Fields
from geoframe_data.graphs.json_graphs import read_json
from geoframe_data.graphs.konect import read_konect
from geoframe_data.graphs.layouts import text_layout
from geoframe_data.graphs.neighbour_lists import read_adjacency, read_sif
from geoframe_data.graphs.networks import graph_of_networkx, read_gml, read_graphml
from geoframe_data.graphs.newick import read_newick, read_nexus
from geoframe_data.graphs.nodes import read_nodes, with_nodes
from geoframe_data.graphs.ontologies import read_obo
from geoframe_data.graphs.paths import read_folder, read_indented, read_paths
from geoframe_data.graphs.xml_trees import read_phyloxml
from geoframe_data.matrix_market import read_matrix_graph

SUFFIXES: Mapping[str, str] = {
    ".csv": "csv",
    ".txt": "csv",
    ".edges": "csv",
    ".edgelist": "csv",
    ".dat": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
    ".graphml": "graphml",
    ".gml": "gml",
    ".json": "json",
    ".jsonl": "jsonl",
    ".xlsx": "xlsx",
    ".npz": "npz",
    ".safetensors": "safetensors",
    ".nwk": "newick",
    ".newick": "newick",
    ".tre": "newick",
    ".tree": "newick",
    ".nex": "nexus",
    ".nexus": "nexus",
    ".phyloxml": "phyloxml",
    ".xml": "phyloxml",
    ".obo": "obo",
    ".mtx": "mtx",
    ".paths": "paths",
    ".outline": "indented",
    ".md": "indented",
    ".adjlist": "adjacency",
    ".sif": "sif",
}
"""File suffix -> format."""
TABLES = {"parquet": "parquet", "feather": "feather", "jsonl": "json", "xlsx": "xlsx"}
"""Formats of tables with one edge a row, and what :func:`read_cells` calls them."""
PICKLES = (".pt", ".pth", ".pkl", ".pickle")
PICKLE = re.compile(rb"\x80[\x02-\x05][^\0]")
"""How a pickle begins; a safetensors file may begin with the same two bytes."""
RECIPE = (
    "is a pickle, which is never loaded, since loading runs what it holds; save the tensors: "
    "safetensors.torch.save_file({'edge_index': data.edge_index.contiguous(), 'x': data.x}, "
    "'graph.safetensors')"
)

_BY_CONTENT: Mapping[str, Callable[[UserFile, Fields], Graph]] = {
    "graphml": read_graphml,
    "gml": read_gml,
    "json": read_json,
    "safetensors": lambda file, fields: graph_of_arrays(
        load_safetensors(file), fields, origin=str(file.path)
    ),
    "newick": lambda file, fields: read_newick(file),
    "nexus": lambda file, fields: read_nexus(file),
    "phyloxml": lambda file, fields: read_phyloxml(file),
    "obo": read_obo,
    "mtx": read_matrix_graph,
    "konect": read_konect,
    "paths": lambda file, fields: read_paths(file),
    "indented": lambda file, fields: read_indented(file),
    "adjacency": lambda file, fields: read_adjacency(file),
    "sif": lambda file, fields: read_sif(file),
}


def read_graph(
    data: Any,
    *,
    format: str = "auto",
    source: str = "source",
    target: str = "target",
    weight: str = "weight",
    guess_weight: bool = True,
    time: str | None = None,
    name: str = "name",
    nodes: Path | None = None,
    features: tuple[str, ...] = ("*",),
    roots: bool = False,
    header: bool | None = None,
    delimiter: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> Graph:
    """Read a graph or a tree.

    Parameters
    ----------
    data
        Path of a file or folder; or a networkx graph, a PyG ``Data``, an adjacency matrix of
        scipy, a pandas frame of edges, or a mapping of arrays.
    format
        One of ``geoframe_data.graph_options.GraphFormat``; ``auto`` goes by content, then suffix.
    source, target
        Columns of the two ends of an edge; ``source`` and ``target``, ``from`` and ``to``,
        ``parent`` and ``child``, ``u`` and ``v`` stand for each other.
    weight
        Column, attribute or array of the lengths; ``weight``, ``length``, ``branch_length`` and
        ``distance`` stand for each other.
    guess_weight
        Whether the only other column of numbers is taken where there is none of that name, and
        several are refused.
    time
        Column, node attribute or array of the time of each node; in an edge list it is the time
        of the edge's target.
    name
        Node attribute or array of the names.
    nodes
        A table of all nodes, see :func:`read_nodes`; features and times are then taken from it.
    features
        Names or shell patterns of node attributes, or names of arrays, to use as features.
    roots
        Whether an edge without a source is a node that hangs from nothing.
    header, delimiter, max_bytes
        See :func:`geoframe_data.read_delimited`.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    fields = Fields(
        source=source, target=target, weight=weight, guess_weight=guess_weight, time=time,
        features=tuple(features), name=name, node_table=nodes is not None, roots=roots,
    )  # fmt: skip
    if isinstance(data, (str, Path)):
        graph = _of_path(Path(data), fields, format, header, delimiter, max_bytes)
    else:
        graph = _of_object(data, fields)
    if nodes is None:
        return graph
    table = read_nodes(
        nodes, name=name, time=time, features=tuple(features), require_time=True,
        max_bytes=max_bytes,
    )  # fmt: skip
    return with_nodes(graph, table, nodes)


def _of_path(
    path: Path,
    fields: Fields,
    format: str,
    header: bool | None,
    delimiter: str | None,
    max_bytes: int,
) -> Graph:
    if format == "folder" or (format == "auto" and path.is_dir()):
        return read_folder(path)
    if plain_suffix(path.name) in PICKLES:
        raise DataError(f"{path}: {RECIPE}")
    file = open_file(path, max_bytes=max_bytes)
    if PICKLE.match(file.content):
        raise DataError(f"{path}: {RECIPE}")
    found = _format(file, format)
    lines = file.content.lstrip().startswith(b"[") or file.suffix in (".jsonl", ".ndjson")
    if found == "json" and lines:
        found = "jsonl"
    if found == "npz":
        arrays = load_arrays(file, max_bytes=max_bytes)
        return graph_of_arrays(arrays, fields, origin=str(path))
    if found in _BY_CONTENT:
        return _BY_CONTENT[found](file, fields)
    if found in TABLES:
        cells = read_cells(file, format=TABLES[found])
        return graph_of_edges(as_delimited(cells), fields)
    if found == "tsv" and format == "tsv":
        delimiter = delimiter or "tab"
    table = parse_delimited(
        file, delimiter=delimiter, header=header, known=fields.wanted, places=len(PLACES)
    )
    return graph_of_edges(table, fields)


def _format(file: UserFile, wanted: str) -> str:
    if wanted == "auto":
        begin = file.content[:SAMPLED].decode("utf-8-sig", "ignore").lstrip()
        if begin.startswith(("format-version:", "[Term]")):
            return "obo"
        kind = content_kind(file)
        if kind == "xml":
            return "phyloxml"
        if kind is None and file.suffix == ".txt":
            return text_layout(begin)
        if kind == "konect":  # its files have no suffix: out.moreno_zebra_zebra
            return kind
    return format_of(file, SUFFIXES, wanted=wanted)


def _of_object(data: Any, fields: Fields) -> Graph:
    if isinstance(data, Graph):
        return data
    if isinstance(data, pd.DataFrame):
        return graph_of_edges(as_delimited(frame_cells(data)), fields)
    if hasattr(data, "is_directed") and hasattr(data, "nodes") and hasattr(data, "edges"):
        return graph_of_networkx(data, fields)
    if hasattr(data, "edge_index"):
        return graph_of_pyg(data, fields)
    if hasattr(data, "tocoo"):
        return graph_of_sparse(data, fields)
    if isinstance(data, Mapping):
        return graph_of_arrays(data, fields, origin="arrays")
    raise DataError(
        f"a graph cannot be made of a {type(data).__name__}; give a path, a networkx graph, a PyG "
        "Data, a scipy matrix, a frame of edges, or a mapping of arrays"
    )
