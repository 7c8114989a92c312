"""Options of the ``[data]`` table. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config.fields import component, option

Format = Literal["auto", "csv", "tsv", "graphml", "gml", "json", "npz", "safetensors"]
MissingWeight = Literal["auto", "one", "cosine"]
SelfLoops = Literal["drop", "refuse"]
Duplicates = Literal["refuse", "first", "mean", "min", "max", "sum"]
Cycles = Literal["refuse", "condense", "break", "keep"]


@attrs.frozen(kw_only=True)
class GraphDataConfig:
    """A weighted directed graph: the user's file, or a dataset by name."""

    path: Path | None = option(
        None, help="The file that holds the edges; without it the dataset below is used."
    )
    format: Format = option("auto", help="Format of the file; auto goes by its suffix.")
    source: str = option("source", help="Column of the end of an edge that comes first.")
    target: str = option("target", help="Column of the end of an edge that comes after.")
    weight: str = option(
        "weight", help="Column, edge attribute or array of the weight: a positive length."
    )
    time: str | None = option(
        None,
        help="Column, node attribute or array of the time of each node (number or ISO date), to "
        "compare with what was learned; in an edge list it is the time of the edge's target.",
    )
    header: bool | None = option(
        None,
        help="Whether the first line of a CSV or TSV names its columns; found out if left out.",
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
        help="Weights for a file without them: one is 1 for every edge; cosine is max(0.01, cosine "
        "similarity of the two ends' features); auto is one if edges carry no other value, and "
        "refuses otherwise.",
    )
    self_loops: SelfLoops = option(
        "drop", help="What to do with an edge from a node to itself, which no order can honour."
    )
    duplicates: Duplicates = option(
        "refuse",
        help="Weight of an edge that stands there several times with different weights; exact "
        "repetitions are merged in any case (sum adds them up).",
    )
    cycles: Cycles = option(
        "refuse",
        help="What to do with cycles, which no order can honour: condense merges the nodes of a "
        "cycle, break drops a minimum feedback arc set, keep leaves them.",
    )
    dataset: Component = component(
        "dataset",
        default={"name": "installed-distributions"},
        provides=("graph",),
        help="The graph to use when path is left out.",
    )

    def __attrs_post_init__(self) -> None:
        if self.nodes is not None and self.path is None:
            raise ValueError("nodes: needs path too; a dataset brings its own nodes")
