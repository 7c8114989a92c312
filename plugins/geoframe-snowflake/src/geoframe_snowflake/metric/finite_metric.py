"""Finite sets with distances: a matrix, a weighted graph, or points with a metric function."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geoframe_snowflake.metric.completion import complete_distances
from geoframe_snowflake.metric.nearest import nearest_by_paths, nearest_of_candidates

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK_BYTES = 64 * 2**20
"""Memory that one block of rows may take while pairs are collected."""


def _strings(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True, eq=False)
class FiniteMetric(ABC):
    """``n`` named items with distances between them, computed a few rows at a time."""

    names: tuple[str, ...] = attrs.field(converter=_strings)
    features: NDArray[np.float32] | None = None
    """float32 ``(n, f)``: what an encoder may see of the items; or None."""
    repairs: tuple[str, ...] = attrs.field(default=(), converter=_strings)
    """Sentences that say what was changed in the data as they were given."""
    conflict: str = ""
    """Two items at distance zero that differ in other distances, in words: no points have them."""

    def __len__(self) -> int:
        """Number of items."""
        return len(self.names)

    @abstractmethod
    def rows(self, items: Ints) -> Floats:
        """Distances from some items ``(k,)`` to all -> ``(k, n)``."""

    @property
    def symmetric(self) -> bool:
        """Whether the two orders of a pair have one distance."""
        return True

    def completed(self) -> FiniteMetric:
        """The same with a distance for every pair, one for both of its orders."""
        return self

    @property
    def edges(self) -> Ints | None:
        """Pairs ``(e, 2)`` to draw as lines, if the distances come from a graph."""
        return None

    def matrix(self) -> Floats:
        """All distances ``(n, n)``."""
        return self.rows(np.arange(len(self)))

    def nearest(self, k: int, layout: Floats) -> tuple[Ints, Floats]:
        """Each item's nearest others and their distances, ``(n, k)`` each.

        Parameters
        ----------
        k
            Neighbours wanted; of fewer items all others are.
        layout
            ``(n, d)`` coordinates that keep distances roughly, for those who need candidates.
        """
        return nearest_of_candidates(layout, min(k, len(self) - 1), self.to)

    def to(self, item: int, others: Ints) -> Floats:
        """Distances from an item to some others ``(m,)``."""
        found: Floats = self.rows(np.array([item]))[0, others]
        return found

    def between(self, first: Ints, second: Ints) -> Floats:
        """Distances of pairs ``(p,)``; the rows of each different ``first`` are computed once."""
        found = np.empty(len(first))
        sources, index = np.unique(first, return_inverse=True)
        order = np.argsort(index, kind="stable")
        bounds = np.searchsorted(index[order], np.arange(len(sources) + 1))
        step = max(1, BLOCK_BYTES // (8 * max(1, len(self))))
        for start in range(0, len(sources), step):
            stop = min(start + step, len(sources))
            rows = self.rows(sources[start:stop])
            pairs = order[bounds[start] : bounds[stop]]
            found[pairs] = rows[index[pairs] - start, second[pairs]]
        return found

    def fingerprint(self) -> str:
        """Return the sha256 (hex) of names, features and what the distances are made of."""
        digest = hashlib.sha256(json.dumps(self.names).encode())
        for array in (*self._content(), self.features):
            if array is None:
                digest.update(b"none;")
                continue
            digest.update(f"{array.shape}{array.dtype.name};".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    @abstractmethod
    def _content(self) -> tuple[NDArray[Any], ...]:
        """Arrays that the distances are computed from."""


@attrs.frozen(kw_only=True, eq=False)
class MatrixMetric(FiniteMetric):
    """Distances given as a matrix."""

    distances: Floats
    """float64 ``(n, n)``, from the row's item: zero on the diagonal, not negative; NaN where a
    pair has none."""

    @property
    def symmetric(self) -> bool:
        """Whether the matrix is."""
        return bool(np.array_equal(self.distances, self.distances.T, equal_nan=True))

    def completed(self) -> MatrixMetric:
        """The mean of both orders of a pair; what is missing from :func:`complete_distances`."""
        there, back = self.distances, self.distances.T
        there, back = np.where(np.isnan(there), back, there), np.where(np.isnan(back), there, back)
        return attrs.evolve(self, distances=complete_distances(0.5 * (there + back)))

    def rows(self, items: Ints) -> Floats:
        """Rows of the matrix."""
        return self.distances[items]

    def _content(self) -> tuple[NDArray[Any], ...]:
        return (self.distances,)


@attrs.frozen(kw_only=True, eq=False)
class GraphMetric(FiniteMetric):
    """Lengths of the shortest paths of a connected, undirected, weighted graph (Dijkstra)."""

    ends: Ints
    """int64 ``(e, 2)``: the two ends of each edge, each pair of ends once."""
    lengths: Floats
    """float64 ``(e,)``, finite and positive."""

    @property
    def edges(self) -> Ints:
        """The graph's edges."""
        return self.ends

    @property
    def adjacency(self) -> csr_array:
        """Edge lengths as a sparse ``(n, n)`` matrix, each edge in one direction."""
        n = len(self)
        return csr_array((self.lengths, (self.ends[:, 0], self.ends[:, 1])), shape=(n, n))

    @property
    def unweighted(self) -> bool:
        """Whether all edges have the same length."""
        return bool(np.all(self.lengths == self.lengths[:1]))

    @property
    def is_tree(self) -> bool:
        """Whether the graph has no cycle."""
        return len(self.ends) == len(self) - 1

    def rows(self, items: Ints) -> Floats:
        """Shortest path lengths from ``items``."""
        found: Floats = dijkstra(self.adjacency, directed=False, indices=items)
        return found

    def nearest(self, k: int, layout: Floats) -> tuple[Ints, Floats]:
        """Each item's nearest others and their distances, ``(n, k)`` each; without the layout."""
        adjacency = self.adjacency
        return nearest_by_paths(csr_array(adjacency + adjacency.T), min(k, len(self) - 1))

    def _content(self) -> tuple[NDArray[Any], ...]:
        return self.ends, self.lengths


@attrs.frozen(kw_only=True, eq=False)
class PointMetric(FiniteMetric):
    """Points with a metric function; the points are the features too."""

    points: Floats
    """float64 ``(n, f)``."""
    function: Callable[[Floats, Floats], Floats]
    """Distances of ``(k, f)`` and ``(n, f)`` -> ``(k, n)``."""
    fresh: Floats | None = None
    """float64 ``(m, f)``: further points of the same kind, to test on; or None."""

    def rows(self, items: Ints) -> Floats:
        """Distances of the points."""
        found = self.function(self.points[items], self.points)
        found[np.arange(len(items)), items] = 0.0
        return found

    def to(self, item: int, others: Ints) -> Floats:
        """Distances from a point to some others ``(m,)``."""
        found: Floats = self.function(self.points[[item]], self.points[others])[0]
        return found

    def _content(self) -> tuple[NDArray[Any], ...]:
        return (self.points,)
