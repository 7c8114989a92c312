"""Options of the ``[data]`` table. Torch-free."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from geoframe.components import Component
from geoframe.config import component, option
from geoframe_data.distances import Missing
from geoframe_data.graph_options import Duplicates, GraphOptions

Content = Literal["auto", "distances", "graph", "points"]
Asymmetry = Literal["refuse", "mean", "min", "max", "keep"]
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
class MetricDataConfig(GraphOptions):
    """Items with distances between them: the user's file, or a dataset by name."""

    content: Content = option(
        "auto",
        help="What the file holds: a matrix of distances, the edges of a graph (its shortest "
        "paths become the distances), or points with the metric below; auto looks.",
    )
    metric: MetricName = option("euclidean", help="Distance of points, as in scipy's cdist.")
    asymmetry: Asymmetry = option(
        "refuse",
        help="What to make of two different distances for the two orders of a pair; keep embeds "
        "both, in a geometry whose distances may differ by direction (snowflake-directed).",
    )
    missing: Missing = option(
        "refuse",
        help="Pairs without a distance in a matrix: refuse, or mask (they stay out of fit and "
        "measures; the exact embedding takes the shortest way over known distances for them).",
    )
    duplicates: Duplicates = option(
        "min",
        help="Length of an edge that stands there several times, in either direction, with "
        "different lengths; exact repetitions are merged in any case.",
    )
    disconnected: Disconnected = option(
        "refuse", help="What to do with a graph in several parts: refuse, or take the largest."
    )
    dataset: Component = component(
        "dataset",
        default={"name": "metric-graph"},
        provides=("distances", "graph", "tree", "metric"),
        help="What to embed when path is left out: any dataset with edges, points or distances.",
    )

    def reading(self) -> dict[str, Any]:
        """Keyword arguments of :func:`geoframe_data.read_graph`, without the table of nodes.

        A table of nodes only brings features: items without any edge have no distances.
        """
        return {**super().reading(), "nodes": None}
