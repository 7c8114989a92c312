"""Hanging a tree from a node."""

from __future__ import annotations

from collections import deque

import numpy as np

from geoframe_data.graph import Floats, Ints


def hang(n: int, edges: Ints, lengths: Floats, root: int) -> tuple[Ints, Ints, Floats]:
    """Number the nodes of an undirected tree from ``root`` on, parents before children.

    Parameters
    ----------
    n
        Number of nodes.
    edges
        ``(n - 1, 2)`` ends of the edges, in any direction.
    lengths
        ``(n - 1,)``.
    root
        The node to become number 0.

    Returns
    -------
    tuple
        Old numbers of the nodes in their new order ``(n,)``, parents and lengths in the new
        numbers ``(n,)``. An order that has parents before children already is kept.
    """
    neighbours: list[list[tuple[int, float]]] = [[] for _ in range(n)]
    for (u, v), length in zip(edges.tolist(), lengths.tolist(), strict=True):
        neighbours[u].append((v, length))
        neighbours[v].append((u, length))
    above = np.full(n, -1, dtype=np.int64)
    length_above = np.zeros(n)
    order: list[int] = []
    waiting = deque([root])
    while waiting:
        node = waiting.popleft()
        order.append(node)
        for other, length in neighbours[node]:
            if other != above[node]:
                above[other], length_above[other] = node, length
                waiting.append(other)
    found = np.arange(n) if np.all(above < np.arange(n)) else np.array(order, dtype=np.int64)
    place = np.empty(n + 1, dtype=np.int64)
    place[found] = np.arange(n)
    place[n] = -1
    return found, place[above[found]], length_above[found]


def centre(n: int, edges: Ints, lengths: Floats) -> int:
    """Find the node whose greatest distance to any other is least; O(n)."""
    first = _farthest(n, edges, lengths, 0)[0]
    last, from_first = _farthest(n, edges, lengths, first)
    _, from_last = _farthest(n, edges, lengths, last)
    return int(np.maximum(from_first, from_last).argmin())


def _farthest(n: int, edges: Ints, lengths: Floats, start: int) -> tuple[int, Floats]:
    order, parent, length = hang(n, edges, lengths, start)
    found = np.zeros(n)
    total = np.zeros(n)
    for node in range(1, n):
        total[node] = total[parent[node]] + length[node]
    found[order] = total
    return int(found.argmax()), found
