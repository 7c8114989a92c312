"""Options of the ``[data]`` table. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config import component, option

Format = Literal["auto", "csv", "tsv", "parquet", "npy", "npz", "graphml", "gml", "json"]
Content = Literal["auto", "distances", "graph", "points"]
Asymmetry = Literal["refuse", "mean", "min", "max"]
Disconnected = Literal["refuse", "largest"]
MetricName = Literal[
    "euclidean",
    "cityblock",
    "chebyshev",
    "cosine",
    "correlation",
    "canberra",
    "braycurtis",
    "hamming",
    "jaccard",
    "sqeuclidean",
]


@attrs.frozen(kw_only=True)
class MetricDataConfig:
    """Items with distances between them: the user's file, or a dataset by name."""

    path: Path | None = option(
        None, help="A distance matrix, a weighted graph or points; else the dataset below is used."
    )
    format: Format = option("auto", help="Format of the file; auto goes by its suffix.")
    content: Content = option(
        "auto",
        help="What the file holds: a matrix of distances, the edges of a graph (its shortest "
        "paths become the distances), or points with the metric below; auto looks.",
    )
    source: str = option("source", help="Column of one end of an edge.")
    target: str = option("target", help="Column of the other end of an edge.")
    weight: str = option(
        "weight",
        help="Column or edge attribute of the length of an edge; without it all lengths are 1.",
    )
    name: str = option("name", help="Column or array of the items' names, if there is one.")
    metric: MetricName = option("euclidean", help="Distance of points, as in scipy's cdist.")
    nodes: Path | None = option(
        None,
        help="Table of the items' features (csv, tsv, parquet, npz) for an encoder: the name, "
        "then numbers.",
    )
    asymmetry: Asymmetry = option(
        "refuse", help="What to make of two different distances for the two orders of a pair."
    )
    disconnected: Disconnected = option(
        "refuse", help="What to do with a graph in several parts: refuse, or take the largest."
    )
    dataset: Component = component(
        "dataset",
        default={"name": "metric-graph"},
        provides=("distances",),
        help="What to embed when path is left out: any dataset with edges, points or distances.",
    )

    def __attrs_post_init__(self) -> None:
        if self.nodes is not None and self.path is None:
            raise ValueError("nodes: needs path too; a dataset brings its own features")
