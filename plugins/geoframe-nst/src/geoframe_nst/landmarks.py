"""Starting coordinates from path lengths: landmark multidimensional scaling."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

LANDMARKS = 256
"""Nodes whose distances to all others are computed; up to this many nodes the scaling is full."""
JITTER = 1e-2
"""Standard deviation of the noise that separates nodes at one place, in units of the layout's."""


def landmark_coordinates(
    n: int,
    edges: NDArray[np.int64],
    weights: NDArray[np.float64],
    dim: int,
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Lay out a graph so that straight lines are about as long as its paths -> ``(n, dim)``.

    Classical scaling of the path lengths between landmarks, then every other node by its path
    lengths to them (V. de Silva, J. Tenenbaum: Sparse multidimensional scaling using landmark
    points, 2004). Directions of edges do not matter; separate parts of the graph are put 1.5
    times the longest path apart. The standard deviation of all coordinates together is 1.

    Parameters
    ----------
    n
        Number of nodes.
    edges
        ``(e, 2)`` node indices.
    weights
        ``(e,)`` positive lengths.
    dim
        Number of coordinates.
    seed
        Seed of the choice of landmarks and of the noise.
    """
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.permutation(n)[:LANDMARKS])
    lengths = _path_lengths(n, edges, weights, chosen)
    squared = lengths**2
    among = squared[:, chosen]
    mean = among.mean(axis=0)
    gram = -0.5 * (among - mean - mean[:, None] + among.mean())
    values, vectors = np.linalg.eigh(gram)
    values, vectors = values[::-1][:dim], vectors[:, ::-1][:, :dim]
    positive = values > 1e-9 * max(values[0], np.finfo(float).tiny)
    axes = vectors[:, positive] / np.sqrt(values[positive])
    layout = np.zeros((n, dim))
    layout[:, : axes.shape[1]] = -0.5 * (squared - mean[:, None]).T @ axes
    layout /= max(layout.std(), np.finfo(float).tiny)
    layout += JITTER * generator.standard_normal((n, dim))
    return layout


def _path_lengths(
    n: int,
    edges: NDArray[np.int64],
    weights: NDArray[np.float64],
    chosen: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Lengths of the shortest undirected paths from the chosen nodes ``(k, n)``, all finite."""
    ends = np.sort(edges, axis=1)
    order = np.lexsort((weights, ends[:, 1], ends[:, 0]))
    ends, weights = ends[order], weights[order]
    first = np.ones(len(ends), dtype=bool)  # a matrix would add up two edges with the same ends
    first[1:] = (ends[1:] != ends[:-1]).any(axis=1)
    matrix = csr_array((weights[first], ends[first].T), shape=(n, n))
    lengths = dijkstra(matrix, directed=False, indices=chosen)
    finite = np.isfinite(lengths)
    finished: NDArray[np.float64] = np.where(
        finite, lengths, 1.5 * lengths[finite].max(initial=1.0)
    )
    return finished
