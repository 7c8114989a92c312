"""Everything that comes before a node of a graph without cycles: pairs and depth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoframe_data.graph import Ints

CYCLE = "the graph has a cycle"


def topological_order(n: int, edges: Ints) -> list[int]:
    """Return the nodes of a DAG so that every edge goes forward.

    Raises
    ------
    ValueError
        If there is a cycle.
    """
    after = _neighbours(n, edges)
    waiting = np.bincount(edges[:, 1], minlength=n).tolist()
    order = [node for node in range(n) if waiting[node] == 0]
    for node in order:  # grows while it is walked
        for target in after[node]:
            waiting[target] -= 1
            if waiting[target] == 0:
                order.append(target)
    if len(order) < n:
        raise ValueError(CYCLE)
    return order


def ancestors(n: int, edges: Ints) -> list[set[int]]:
    """Return the set of nodes that precede each node of a DAG, itself not included."""
    before = _neighbours(n, edges[:, ::-1])
    found: list[set[int]] = [set() for _ in range(n)]
    for node in topological_order(n, edges):
        found[node] = set(before[node]).union(*(found[source] for source in before[node]))
    return found


def depth(n: int, edges: Ints) -> NDArray[np.int64]:
    """Return the number of edges of the longest path that ends in each node of a DAG, ``(n,)``.

    Raises
    ------
    ValueError
        If there is a cycle.
    """
    order = np.argsort(edges[:, 0], kind="stable")
    targets = edges[order, 1]
    starts = np.searchsorted(edges[order, 0], np.arange(n + 1))
    waiting = np.bincount(edges[:, 1], minlength=n)
    levels, level = np.full(n, -1, dtype=np.int64), 0
    layer = np.flatnonzero(waiting == 0)
    while len(layer):
        levels[layer] = level
        reached = np.concatenate([targets[starts[u] : starts[u + 1]] for u in layer.tolist()])
        np.subtract.at(waiting, reached, 1)
        layer, level = np.unique(reached[waiting[reached] == 0]), level + 1
    if (levels < 0).any():
        raise ValueError(CYCLE)
    return levels


def _neighbours(n: int, edges: Ints) -> list[list[int]]:
    lists: list[list[int]] = [[] for _ in range(n)]
    for source, target in edges.tolist():
        lists[source].append(target)
    return lists
