"""Fixed averaging over a graph, for the rows of a training and for rows that come later."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csr_array

Rows = NDArray[np.float32]

Into = Callable[[Rows], tuple[csr_array, NDArray[np.float32]]]
"""Features of m new rows -> weights of the n training rows ``(m, n)`` and of the row itself
``(m,)``."""

SMOOTHING = 0.9
"""a of the smoothing (1 - a) (I - a A)^-1: a share a of every value comes from neighbours."""
ITERATIONS = 50


@attrs.frozen(kw_only=True, eq=False)
class Propagation:
    """x -> A x for a sparse matrix A over the training rows, and its extension to new rows.

    A new row sees training rows, and no training row sees it.
    """

    matrix: csr_array
    """A ``(n, n)``."""
    into: Into

    def apply(self, x: Rows) -> Rows:
        """A x of ``(n, d)``."""
        result: Rows = self.matrix @ x
        return result

    def extended(self, features: Rows) -> NewRows:
        """Propagation to m new rows with these features."""
        weights, own = self.into(features)
        return NewRows(weights=weights, own=own)


@attrs.frozen(kw_only=True, eq=False)
class NewRows:
    """How m new rows take part in a propagation."""

    weights: csr_array
    """``(m, n)``."""
    own: NDArray[np.float32]
    """``(m,)``."""

    def apply(self, x: Rows, new: Rows) -> Rows:
        """Value at the new rows of A [x; new]."""
        result: Rows = (self.weights @ x + self.own[:, None] * new).astype(np.float32)
        return result


def symmetric_adjacency(n: int, edges: NDArray[np.int64]) -> csr_array:
    """Adjacency matrix of the undirected graph of edges ``(e, 2)``, without loops."""
    ones = np.ones(len(edges), dtype=np.float32)
    matrix = sparse.coo_array((ones, (edges[:, 0], edges[:, 1])), shape=(n, n)).tocsr()
    matrix = (matrix + matrix.T).tocsr()
    matrix.setdiag(0)
    matrix.eliminate_zeros()
    matrix.data[:] = 1
    return csr_array(matrix)


def graph_convolution(adjacency: csr_array, into: Callable[[Rows], csr_array]) -> Propagation:
    """D^-1/2 (A + I) D^-1/2 with D the degrees of A + I (Kipf and Welling).

    Parameters
    ----------
    adjacency
        A ``(n, n)``.
    into
        Features of new rows -> their adjacency to training rows ``(m, n)``.
    """
    n = adjacency.shape[0]
    degree = adjacency.sum(axis=1) + 1
    root = sparse.dia_array((degree[None] ** -0.5, [0]), shape=(n, n))
    matrix = csr_array((root @ (adjacency + sparse.eye_array(n)) @ root).astype(np.float32))

    def extend(features: Rows) -> tuple[csr_array, NDArray[np.float32]]:
        edges = into(features)
        new_degree = edges.sum(axis=1) + 1
        new_root = sparse.dia_array((new_degree[None] ** -0.5, [0]), shape=(len(new_degree),) * 2)
        return csr_array((new_root @ edges @ root).astype(np.float32)), (1 / new_degree).astype(
            np.float32
        )

    return Propagation(matrix=matrix, into=extend)


def neighbor_mean(adjacency: csr_array, into: Callable[[Rows], csr_array]) -> Propagation:
    """Mean over the neighbours; 0 where there are none."""

    def extend(features: Rows) -> tuple[csr_array, NDArray[np.float32]]:
        edges = into(features)
        return _row_means(edges), np.zeros(edges.shape[0], dtype=np.float32)

    return Propagation(matrix=_row_means(adjacency), into=extend)


def _row_means(adjacency: csr_array) -> csr_array:
    degree = np.maximum(adjacency.sum(axis=1), 1)
    scaled = sparse.dia_array((1 / degree[None], [0]), shape=(len(degree),) * 2) @ adjacency
    return csr_array(scaled.astype(np.float32))


def two_hops(adjacency: csr_array) -> csr_array:
    """Adjacency of nodes at exactly two hops."""
    hops = (adjacency @ adjacency).tolil()
    hops.setdiag(0)
    paths = hops.tocsr()
    paths.data[:] = 1
    exact = paths - paths.multiply(adjacency)
    exact = csr_array(exact)
    exact.eliminate_zeros()
    return exact


def smoothed(convolution: Propagation, x: Rows, share: float = SMOOTHING) -> Rows:
    """(1 - a) (I - a A)^-1 x by fixed-point iteration ``(n, d)``."""
    result = x
    for _ in range(ITERATIONS):
        result = (1 - share) * x + share * convolution.apply(result)
    return result.astype(np.float32)


def smoothed_new(convolution: NewRows, x: Rows, new: Rows, share: float = SMOOTHING) -> Rows:
    """Value at new rows, given the smoothed training rows ``x``; their own share is solved for."""
    around = convolution.weights @ x
    own = 1 - share * convolution.own[:, None]
    result: Rows = (((1 - share) * new + share * around) / own).astype(np.float32)
    return result
