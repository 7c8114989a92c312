"""From the ``[data]`` table to a weighted directed graph without cycles."""

from __future__ import annotations

from geoframe.errors import DataError
from geoframe_data.graph import Graph
from geoframe_data.graph_options import Duplicates, MissingWeight
from geoframe_data.policy import (
    SelfLoops,
    all_named,
    check_names,
    check_weights,
    with_weights,
    without_duplicates,
    without_self_loops,
)
from geoframe_nst.closure.cycles import without_cycles
from geoframe_nst.data_config import Cycles, GraphDataConfig

SMALLEST_WEIGHT, LARGEST_WEIGHT = 1e-18, 1e18
"""Edge weights outside of which their squares leave the range of float32."""


def load_graph(config: GraphDataConfig) -> Graph:
    """Read the user's graph, or build the dataset that stands for it, and apply the policies.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    return repair(
        config.given(config.dataset),
        missing_weight=config.missing_weight,
        self_loops=config.self_loops,
        duplicates=config.duplicates,
        cycles=config.cycles,
    )


def repair(
    graph: Graph,
    *,
    missing_weight: MissingWeight = "auto",
    self_loops: SelfLoops = "drop",
    duplicates: Duplicates = "refuse",
    cycles: Cycles = "refuse",
) -> Graph:
    """Check a graph as it was read, and repair what the options allow.

    The order is: self-loops, missing weights, impossible weights, duplicates, cycles. A graph
    need not be connected: nothing relates its components, so neither a distance nor an order
    between them means anything.

    Parameters
    ----------
    graph
        What a reader or a dataset gave; an edge u -> v says that u precedes v.
    missing_weight, self_loops, duplicates, cycles
        See :class:`geoframe_nst.data_config.GraphDataConfig`.

    Raises
    ------
    DataError
        If something is wrong that the options do not allow to repair.
    """
    if graph.directed is False:
        raise DataError(
            f"{graph.origin}: the graph is undirected; an edge must say which end comes first; "
            "save it as a directed graph"
        )
    graph = all_named(graph)
    check_names(graph)
    graph = without_self_loops(graph, self_loops)
    if not len(graph.edges):
        raise DataError(f"{graph.origin}: the graph has no edges; it needs at least one")
    graph = with_weights(graph, missing_weight)
    check_weights(
        graph, SMALLEST_WEIGHT, LARGEST_WEIGHT, "so that their squares are float32 numbers"
    )
    graph = without_duplicates(graph, duplicates)
    return without_cycles(graph, cycles, duplicates)
