"""From the ``[data]`` table to a graph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from geoframe.data import format_by_suffix, load_npz
from geoframe.errors import DataError
from geoframe_nst.data_config import Format, GraphDataConfig
from geoframe_nst.graph import WeightedDigraph
from geoframe_nst.policy import repair
from geoframe_nst.readers.arrays import graph_of_arrays, load_safetensors
from geoframe_nst.readers.networks import read_network
from geoframe_nst.readers.nodes import with_node_table
from geoframe_nst.readers.raw import RawGraph
from geoframe_nst.readers.tables import read_edge_list

SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".txt": "csv",
    ".edges": "csv",
    ".edgelist": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".graphml": "graphml",
    ".gml": "gml",
    ".json": "json",
    ".npz": "npz",
    ".safetensors": "safetensors",
}
"""File suffix -> format."""

READERS: dict[Format, Callable[[Path, GraphDataConfig], RawGraph]] = {
    "csv": lambda path, config: read_edge_list(path, config, tabs=False),
    "tsv": lambda path, config: read_edge_list(path, config, tabs=True),
    "graphml": lambda path, config: read_network(path, config, format="graphml"),
    "gml": lambda path, config: read_network(path, config, format="gml"),
    "json": lambda path, config: read_network(path, config, format="json"),
    "npz": lambda path, config: graph_of_arrays(load_npz(path), path, config),
    "safetensors": lambda path, config: graph_of_arrays(load_safetensors(path), path, config),
}
"""Format -> function that reads it."""


def load_graph(config: GraphDataConfig) -> WeightedDigraph:
    """Read the user's graph, or build the dataset that stands for it, and apply the policies.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    graph = _dataset(config) if config.path is None else _read(config.path, config)
    return repair(
        graph,
        weight=config.weight,
        missing_weight=config.missing_weight,
        self_loops=config.self_loops,
        duplicates=config.duplicates,
        cycles=config.cycles,
    )


def _read(path: Path, config: GraphDataConfig) -> RawGraph:
    format = config.format
    if format == "auto":
        if path.is_dir():
            raise DataError(f"{path}: is a folder; name a file in it")
        format = format_by_suffix(path, SUFFIXES)
    raw = READERS[format](path, config)
    return raw if config.nodes is None else with_node_table(raw, config.nodes, config)


def _dataset(config: GraphDataConfig) -> RawGraph:
    graph: WeightedDigraph = config.dataset.build().load()
    return RawGraph(
        origin=f"dataset '{config.dataset.name}'",
        names=graph.names,
        edges=graph.edges,
        weights=graph.weights,
        features=graph.features,
        times=graph.times,
        repairs=graph.repairs,
    )
