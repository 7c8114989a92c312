"""Strongly connected components."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geoframe_data.graph import Ints


def strong_components(edges: Ints, n: int) -> NDArray[np.int64]:
    """Label each node with its strongly connected component -> int64 ``(n,)``.

    Labels are numbered in the order of each component's first node.
    """
    ones = np.ones(len(edges), dtype=np.int8)
    matrix = csr_array((ones, (edges[:, 0], edges[:, 1])), shape=(n, n))
    _, labels = connected_components(matrix, directed=True, connection="strong")
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]
