"""Distances between numbered items, given or embedded: one protocol for both. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK_BYTES = 64 * 2**20
"""Memory that one block of rows, or of pairs, may take."""


class PairDistances(Protocol):
    """Distances between ``n`` numbered items: those given, or those of an embedding."""

    def __len__(self) -> int:
        """Number of items."""
        ...

    def rows(self, items: Ints) -> Floats:
        """Distances from some items ``(k,)`` to all -> ``(k, n)``."""
        ...

    def between(self, first: Ints, second: Ints) -> Floats:
        """Distances of pairs ``(p,)``, from the first to the second."""
        ...


def row_blocks(distances: PairDistances, items: Ints) -> Iterator[tuple[slice, Floats]]:
    """Rows of some items ``(k,)``, a block at a time: which of them, and ``(rows, n)``."""
    step = max(1, BLOCK_BYTES // (8 * max(1, len(distances))))
    for start in range(0, len(items), step):
        block = slice(start, min(start + step, len(items)))
        yield block, distances.rows(items[block])


@attrs.frozen(kw_only=True, eq=False)
class MatrixDistances:
    """Distances that stand in a matrix; row i holds those from i."""

    matrix: Floats
    """``(n, n)``."""

    def __len__(self) -> int:
        return len(self.matrix)

    def rows(self, items: Ints) -> Floats:
        """Rows of the matrix."""
        return self.matrix[items]

    def between(self, first: Ints, second: Ints) -> Floats:
        """Entries of the matrix."""
        return self.matrix[first, second]


@attrs.frozen(kw_only=True, eq=False)
class EuclideanDistances:
    """Euclidean distances of points, times a unit of length."""

    points: Floats
    """``(n, d)``."""
    scale: float = 1.0

    def __len__(self) -> int:
        return len(self.points)

    def rows(self, items: Ints) -> Floats:
        """Distances from points to all."""
        found: Floats = self.scale * cdist(self.points[items], self.points)
        return found

    def between(self, first: Ints, second: Ints) -> Floats:
        """Distances of pairs of points, a block at a time."""
        size = max(1, BLOCK_BYTES // (8 * max(1, self.points.shape[1])))
        found = np.empty(len(first))
        for start in range(0, len(found), size):
            block = slice(start, start + size)
            difference = self.points[first[block]] - self.points[second[block]]
            found[block] = np.linalg.norm(difference, axis=1)
        return self.scale * found


def path_lengths(n: int, edges: Ints, lengths: Floats, sources: Ints) -> Floats:
    """Lengths of the shortest undirected paths from some nodes to all -> ``(k, n)``.

    Parameters
    ----------
    n
        Number of nodes.
    edges
        ``(e, 2)``; of several edges with the same ends the shortest counts.
    lengths
        ``(e,)``, positive.
    sources
        ``(k,)``.

    Returns
    -------
    Floats
        Infinite where there is no path.
    """
    ends = np.sort(edges, axis=1)
    order = np.lexsort((lengths, ends[:, 1], ends[:, 0]))
    ends, lengths = ends[order], lengths[order]
    first = np.ones(len(ends), dtype=bool)  # a matrix would add up two edges with the same ends
    first[1:] = (ends[1:] != ends[:-1]).any(axis=1)
    matrix = csr_array((lengths[first], ends[first].T), shape=(n, n))
    found: Floats = dijkstra(matrix, directed=False, indices=sources)
    return found


@attrs.frozen(kw_only=True, eq=False)
class PathDistances:
    """Lengths of the shortest undirected paths of a graph; infinite where there is none."""

    count: int
    """Number of nodes."""
    edges: Ints
    """``(e, 2)``."""
    lengths: Floats
    """``(e,)``, positive."""

    def __len__(self) -> int:
        return self.count

    def rows(self, items: Ints) -> Floats:
        """Path lengths from nodes to all."""
        return path_lengths(self.count, self.edges, self.lengths, items)

    def between(self, first: Ints, second: Ints) -> Floats:
        """Path lengths of pairs; one search for each different first node."""
        sources, index = np.unique(first, return_inverse=True)
        found = np.empty(len(first))
        for block, rows in row_blocks(self, sources):
            inside = (index >= block.start) & (index < block.stop)
            found[inside] = rows[index[inside] - block.start, second[inside]]
        return found
