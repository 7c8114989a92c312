"""From what a file holds to distances that can be embedded: checks, and the user's policies."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from geoframe.errors import DataError
from geoframe_data.distances import Distances, Missing, repaired_distances
from geoframe_data.graph import Graph
from geoframe_data.graph_options import Duplicates, MissingWeight
from geoframe_data.policy import (
    all_named,
    check_names,
    check_weights,
    connected,
    with_weights,
    without_duplicates,
    without_self_loops,
)
from geoframe_snowflake.data_config import Asymmetry, Disconnected, MetricName
from geoframe_snowflake.metric.finite_metric import Floats, GraphMetric, MatrixMetric, PointMetric
from geoframe_snowflake.metric.points import Points

SMALLEST, LARGEST = 1e-30, 1e30
"""Distances between which training, which is in single precision, neither loses nor overflows."""


def check_unit(distances: Floats, origin: str) -> None:
    """Refuse positive distances that single precision cannot hold.

    Raises
    ------
    DataError
        If there are any.
    """
    positive = distances[distances > 0]
    if len(positive) and not SMALLEST < positive.min() <= positive.max() < LARGEST:
        raise DataError(
            f"{origin}: distances range from {positive.min():g} to {positive.max():g}; they must "
            f"lie between {SMALLEST:g} and {LARGEST:g}: take another unit, and 0 for what is equal"
        )


def matrix_metric(
    distances: Distances, asymmetry: Asymmetry = "refuse", missing: Missing = "refuse"
) -> MatrixMetric:
    """Check a distance matrix.

    Raises
    ------
    DataError
        If it is infinite, negative, not zero on the diagonal, not symmetric or not complete
        (unless the policies say what to do).
    """
    _check_names(distances.names, distances.origin)
    size = distances.unit
    found = repaired_distances(distances, asymmetry=asymmetry, missing=missing)
    check_unit(found.values, found.origin)
    return MatrixMetric(
        names=found.names,
        distances=found.values,
        repairs=found.repairs,
        conflict=_conflict(found, size),
    )


def _check_names(names: tuple[str, ...], origin: str) -> None:
    check_names(Graph(names=names, edges=(), origin=origin), at_least=2)


def _conflict(distances: Distances, size: float) -> str:
    """Say which items at distance zero, one place in any space, differ in other distances."""
    values, names = distances.values, distances.names
    for i, j in np.argwhere(np.triu(values == 0, k=1)):
        off = np.abs(values[i] - values[j]) > distances.rounding * size
        if off.any():
            k = int(off.argmax())
            return (
                f"'{names[i]}' and '{names[j]}' are at distance 0, but their distances to "
                f"'{names[k]}' differ ({values[i, k]:g} and {values[j, k]:g})"
            )
    return ""


def graph_metric(
    graph: Graph,
    *,
    disconnected: Disconnected = "refuse",
    duplicates: Duplicates = "min",
    missing_weight: MissingWeight = "auto",
) -> GraphMetric:
    """Check a graph, whose directions do not count, and order its edges.

    Raises
    ------
    DataError
        If a length is not finite and positive, or the graph is in several parts (unless the
        policy is to take the largest).
    """
    graph = all_named(graph)
    check_names(graph, at_least=2)
    graph = with_weights(graph, missing_weight)
    check_weights(graph, SMALLEST, LARGEST, "as single precision can hold")
    graph = without_self_loops(graph)
    graph = without_duplicates(graph, duplicates, directed=False)
    graph = connected(graph, disconnected)
    check_names(graph, at_least=2)
    check_unit(np.append(graph.lengths, graph.lengths.sum()), graph.origin)
    ends = np.sort(graph.edges, axis=1)
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    return GraphMetric(
        names=graph.names,
        ends=ends[order],
        lengths=graph.lengths[order],
        features=graph.features,
        repairs=graph.repairs,
    )


def point_metric(points: Points, metric: MetricName = "euclidean") -> PointMetric:
    """Check points and their metric.

    Raises
    ------
    DataError
        If a number is not finite, or the metric is not defined for all points.
    """
    _check_names(points.names, points.origin)
    wrong = np.argwhere(~np.isfinite(points.values))
    if len(wrong):
        raise DataError(
            f"{points.origin}: point '{points.names[wrong[0][0]]}' has a number not finite"
        )
    found = PointMetric(
        names=points.names,
        points=points.values,
        features=points.features,
        function=lambda x, y: cdist(x, y, metric),
        repairs=points.repairs,
    )
    first = found.rows(np.arange(1))[0]
    undefined = np.flatnonzero(~np.isfinite(first))
    if len(undefined):
        raise DataError(
            f"{points.origin}: the {metric} distance of '{points.names[0]}' and "
            f"'{points.names[undefined[0]]}' is not defined; choose another data.metric"
        )
    check_unit(first, points.origin)
    return found
