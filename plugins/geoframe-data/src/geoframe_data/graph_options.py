"""Options of the ``[data]`` table of methods that take a graph or a tree. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs

from geoframe.components import Component
from geoframe.config import option
from geoframe.errors import DataError
from geoframe_data.options import FileOptions

if TYPE_CHECKING:
    from geoframe_data.graph import Graph

GraphFormat = Literal[
    "auto", "csv", "tsv", "parquet", "feather", "xlsx", "jsonl",
    "graphml", "gml", "json", "npz", "npy", "safetensors",
    "newick", "nexus", "phyloxml", "obo", "mtx", "konect", "adjacency", "sif", "paths", "indented",
    "folder",
]  # fmt: skip
MissingWeight = Literal["auto", "one", "cosine"]
Duplicates = Literal["refuse", "first", "mean", "min", "max", "sum"]

EDGES = ("source", "target", "weight", "name", "time", "nodes", "features")
"""Options that are arguments of :func:`geoframe_data.read_graph`, besides those of all readers."""


@attrs.frozen(kw_only=True)
class GraphOptions(FileOptions):
    """The user's graph or tree, and what its columns and attributes mean."""

    format: GraphFormat = option(
        "auto",
        help="Format of the file; auto goes by its content, then its suffix. 'paths' is text with "
        "one path like animals/birds/owl a line; 'indented' an outline; 'adjacency' a node and "
        "those it leads to a line; 'folder' the directory tree itself.",
    )
    source: str = option(
        "source",
        help="Column of the end of an edge that comes first, the parent; source and target, from "
        "and to, parent and child, u and v are found without being named.",
    )
    target: str = option("target", help="Column of the end of an edge that comes after.")
    weight: str = option(
        "weight",
        help="Column, edge attribute or array of the length of an edge, a positive number; "
        "'weight' and 'length' stand for each other.",
    )
    name: str = option("name", help="Column, node attribute or array of the nodes' names.")
    time: str | None = option(
        None,
        help="Column, node attribute or array of the time of each node (number or ISO date); in "
        "an edge list it is the time of the edge's target.",
    )
    nodes: Path | None = option(
        None,
        help="Table of all nodes (CSV, TSV, Parquet, npz): a name column, features, maybe a time.",
    )
    features: tuple[str, ...] = option(
        ("*",),
        help="Node columns, attributes or arrays to use as features; * matches every numeric one.",
    )
    missing_weight: MissingWeight = option(
        "auto",
        help="Lengths for a file without them: one is 1 for every edge; cosine is max(0.01, cosine "
        "similarity of the two ends' features); auto takes the only other column of numbers, is "
        "one if there is none, and refuses several.",
    )

    def __attrs_post_init__(self) -> None:
        if self.nodes is not None and self.path is None:
            raise ValueError("nodes: needs path too; a dataset brings its own nodes")

    def reading(self) -> dict[str, Any]:
        """Keyword arguments of :func:`geoframe_data.read_graph`."""
        edges = {key: getattr(self, key) for key in EDGES}
        return {**super().reading(), **edges, "guess_weight": self.missing_weight == "auto"}

    def given(self, dataset: Component) -> Graph:
        """The user's graph, or that of the data set that stands for it where there is no path.

        Raises
        ------
        DataError
            If the file cannot be read, or the data set holds something else.
        """
        from geoframe_data.graph import Graph
        from geoframe_data.graphs.read import read_graph

        if self.path is not None:
            return read_graph(self.path, **self.reading())
        found: object = dataset.build().load()
        if not isinstance(found, Graph):
            raise DataError(
                f"dataset '{dataset.name}' gives {type(found).__name__}, and a graph is needed; "
                "'geoframe list dataset' shows others"
            )
        return attrs.evolve(found, origin=f"dataset '{dataset.name}'")
