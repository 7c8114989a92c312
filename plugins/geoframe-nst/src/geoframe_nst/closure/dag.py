"""Everything that comes before a node of a DAG: counts, pairs, depth, and distances from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoframe_data.graph import Floats, Ints


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
        raise ValueError("the graph has a cycle")
    return order


def ancestors(n: int, edges: Ints) -> list[set[int]]:
    """Return the set of nodes that precede each node of a DAG, itself not included."""
    before = _neighbours(n, edges[:, ::-1])
    found: list[set[int]] = [set() for _ in range(n)]
    for node in topological_order(n, edges):
        found[node] = set(before[node]).union(*(found[source] for source in before[node]))
    return found


def depth(n: int, edges: Ints) -> NDArray[np.int64]:
    """Return the number of edges of the longest path that ends in each node of a DAG, ``(n,)``."""
    after = _neighbours(n, edges)
    levels = [0] * n
    for node in topological_order(n, edges):
        for target in after[node]:
            levels[target] = max(levels[target], levels[node] + 1)
    return np.array(levels, dtype=np.int64)


def requirement_distance(n: int, edges: Ints) -> Floats:
    """Length of each edge u -> v of a dependency DAG: the share of v's needs that u leaves open.

    Let S(x) be x with all that it needs, directly or not. The length is the Jaccard distance
    ``1 - |S(u) & S(v)| / |S(u) | S(v)|``, which is a metric on sets, so that a metric space has a
    chance to fit it. On an edge S(u) lies in S(v) and does not hold v, so it is
    ``1 - |S(u)| / |S(v)|``, in (0, 1): near 0 where v adds little to u, near 1 where u is one small
    part of many.
    """
    sizes = np.array([len(before) + 1 for before in ancestors(n, edges)], dtype=np.float64)
    distance: Floats = 1 - sizes[edges[:, 0]] / sizes[edges[:, 1]]
    return distance


def _neighbours(n: int, edges: Ints) -> list[list[int]]:
    lists: list[list[int]] = [[] for _ in range(n)]
    for source, target in edges.tolist():
        lists[source].append(target)
    return lists
