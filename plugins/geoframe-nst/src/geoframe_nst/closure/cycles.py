"""Cycles, which no order of the nodes can honour: found, condensed, broken or kept."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_data.graph import Graph, Ints
from geoframe_data.graph_options import Duplicates
from geoframe_data.policy import merge_edges
from geoframe_nst.closure.feedback import feedback_arc_set
from geoframe_nst.closure.strong_components import strong_components
from geoframe_nst.data_config import Cycles

MAX_NAMES = 8
"""Most nodes or edges that a message lists."""


def without_cycles(graph: Graph, policy: Cycles, parallel: Duplicates) -> Graph:
    """Apply the policy for cycles to a graph with weights and without self-loops.

    Parameters
    ----------
    policy
        ``refuse`` raises; ``condense`` merges each strongly connected component into one node
        (names joined by ``+``, mean features and mean time); ``break`` removes a minimum
        feedback arc set; ``keep`` only records.
    parallel
        How ``condense`` makes one weight of the edges that become parallel (see
        :func:`merge_edges`); ``refuse``, which is about the user's own rows, means ``mean`` here.

    Raises
    ------
    DataError
        On a cycle under ``refuse``, naming its nodes.
    """
    components = strong_components(graph.edges, len(graph.names))
    sizes = np.bincount(components)
    if sizes.max(initial=0) < 2:
        return graph
    cyclic = f"{sizes[sizes > 1].sum()} of {len(graph.names)} nodes lie on cycles"
    if policy == "condense":
        return _condensed(graph, components, "mean" if parallel == "refuse" else parallel)
    if policy == "break":
        return _broken(graph)
    if policy == "keep":
        note = f"kept the cycles ({cyclic}), so no order can honour every edge"
        return graph.noted(note)
    cycle = find_cycle(graph.edges, components)
    names = [f"'{shown(graph.names[node])}'" for node in (*cycle, cycle[0])]
    if len(names) > MAX_NAMES + 1:
        names[MAX_NAMES - 1 : -1] = [f"... ({len(cycle)} nodes)"]
    closing = np.flatnonzero((graph.edges == (cycle[-1], cycle[0])).all(axis=1))[0]
    raise DataError(
        f"{graph.where(int(closing))}: the graph has a cycle: {' -> '.join(names)} ({cyclic}); set "
        "data.cycles to condense, break or keep"
    )


def find_cycle(edges: Ints, components: NDArray[np.int64]) -> list[int]:
    """Return the nodes of one cycle: the shortest through one node of the smallest component."""
    sizes = np.bincount(components)
    smallest = np.where(sizes > 1, sizes, sizes.max() + 1).argmin()
    nodes = np.flatnonzero(components == smallest)
    inside = edges[(components[edges] == smallest).all(axis=1)]
    inside = np.searchsorted(nodes, inside)
    ones = np.ones(len(inside), dtype=np.int8)
    matrix = csr_array((ones, (inside[:, 0], inside[:, 1])), shape=(len(nodes), len(nodes)))
    order, before = breadth_first_order(matrix, 0)
    closing = {*inside[inside[:, 1] == 0, 0].tolist()}
    node = next(node for node in order.tolist() if node in closing)
    path = [node]
    while path[-1] != 0:
        path.append(int(before[path[-1]]))
    return [int(nodes[node]) for node in reversed(path)]


def _condensed(graph: Graph, components: NDArray[np.int64], parallel: Duplicates) -> Graph:
    sizes = np.bincount(components)
    members: list[list[str]] = [[] for _ in sizes]
    for name, component in zip(graph.names, components.tolist(), strict=True):
        members[component].append(name)
    edges = components[graph.edges]
    outside = np.flatnonzero(edges[:, 0] != edges[:, 1])
    if not len(outside):
        raise DataError(
            f"{graph.origin}: condensing leaves no edges: every edge lies on a cycle; set "
            "data.cycles to break or keep"
        )
    first, weights = merge_edges(edges[outside], graph.lengths[outside], parallel)
    kept = outside[first]
    features = times = None
    if graph.features is not None:
        features = np.zeros((len(sizes), graph.features.shape[1]), dtype=np.float32)
        np.add.at(features, components, graph.features)
        features /= sizes[:, None].astype(np.float32)
    if graph.times is not None:
        known = ~np.isnan(graph.times)
        counts = np.bincount(components[known], minlength=len(sizes))
        sums = np.bincount(components[known], weights=graph.times[known], minlength=len(sizes))
        times = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    note = (
        f"condensed {(sizes > 1).sum()} groups of nodes on cycles ({sizes[sizes > 1].sum()} of "
        f"{len(graph.names)} nodes, largest group {sizes.max()}) to one node each; "
        f"{len(graph.edges) - len(kept)} edges fell away"
    )
    return attrs.evolve(
        graph,
        names=tuple("+".join(sorted(group)) for group in members),
        edges=edges[kept],
        weights=weights,
        features=features,
        times=times,
        attributes=None,
        lines=None if graph.lines is None else graph.lines[kept],
    ).noted(note)


def _broken(graph: Graph) -> Graph:
    result = feedback_arc_set(len(graph.names), graph.edges)
    kept = np.delete(np.arange(len(graph.edges)), result.removed)
    proof = "proven to be the fewest possible" if result.optimal else "not proven to be the fewest"
    examples = ", ".join(
        graph.edge(index) for index in np.sort(result.removed)[:MAX_NAMES].tolist()
    )
    more = ", ..." if len(result.removed) > MAX_NAMES else ""
    note = (
        f"removed {len(result.removed)} of {len(graph.edges)} edges to break all cycles ({proof}): "
        f"{examples}{more}"
    )
    return graph.take_edges(kept, note)
