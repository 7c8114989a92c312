"""The nearest items of each, without looking at all pairs. Torch-free."""

from __future__ import annotations

import heapq
from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from geoframe_embedding.distances import Floats, Ints

CANDIDATES = 5
"""Candidates that are looked at for each neighbour."""


def nearest_of_candidates(
    layout: Floats, k: int, distances: Callable[[int, Ints], Floats]
) -> tuple[Ints, Floats]:
    """Look for each item's nearest among those that a rough layout puts near it.

    Parameters
    ----------
    layout
        ``(n, d)`` coordinates that keep distances roughly.
    k
        Neighbours wanted, less than ``n``.
    distances
        From an item to some others ``(m,)`` -> ``(m,)``; NaN where there is none.

    Returns
    -------
    neighbors, distances
        ``(n, k)`` each, nearest first.
    """
    n = len(layout)
    _, near = cKDTree(layout).query(layout, k=min(n, CANDIDATES * k + 1))
    neighbors, found = np.empty((n, k), dtype=np.int64), np.empty((n, k))
    for item, candidates in enumerate(near):
        others = candidates[candidates != item]
        given = distances(item, others)
        first = np.argsort(given, kind="stable")[:k]  # NaN come last
        neighbors[item], found[item] = others[first], given[first]
    return neighbors, found


def nearest_by_paths(adjacency: csr_array, k: int) -> tuple[Ints, Floats]:
    """Each node's nearest over a connected graph, by Dijkstra's search that ends after ``k``.

    Parameters
    ----------
    adjacency
        Positive edge lengths ``(n, n)``, in both directions.
    k
        Neighbours wanted, less than ``n``.

    Returns
    -------
    neighbors, distances
        ``(n, k)`` each, nearest first.
    """
    starts = adjacency.indptr.tolist()
    ends, lengths = adjacency.indices.tolist(), adjacency.data.tolist()
    n = len(starts) - 1
    neighbors, found = np.empty((n, k), dtype=np.int64), np.empty((n, k))
    for source in range(n):
        queue, settled = [(0.0, source)], set[int]()
        while len(settled) <= k:
            length, node = heapq.heappop(queue)
            if node in settled:
                continue
            if settled:
                neighbors[source, len(settled) - 1] = node
                found[source, len(settled) - 1] = length
            settled.add(node)
            for edge in range(starts[node], starts[node + 1]):
                if ends[edge] not in settled:
                    heapq.heappush(queue, (length + lengths[edge], ends[edge]))
    return neighbors, found
