"""The shape of a graph: whether it is a tree, whether it has an order. Torch-free."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geoframe.data import shown
from geoframe_data import dag
from geoframe_data.graph import Graph


def is_tree(graph: Graph) -> bool:
    """Whether the edges make one rooted tree (of undirected ones: any tree)."""
    n, edges = len(graph.names), graph.edges
    if n < 2 or len(edges) != n - 1 or (edges[:, 0] == edges[:, 1]).any():
        return False
    shape = csr_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), shape=(n, n))
    count, _ = connected_components(shape, directed=False)
    if count != 1:
        return False
    return graph.directed is False or len(np.unique(edges[:, 1])) == n - 1


def acyclic_depth(graph: Graph) -> int | None:
    """Edges of the longest directed path; None if there is a cycle (loops do not count)."""
    edges = graph.edges[graph.edges[:, 0] != graph.edges[:, 1]]
    try:
        return int(dag.depth(len(graph.names), edges).max(initial=-1))
    except ValueError:
        return None


def root_in_words(graph: Graph) -> str:
    """Say where a tree begins: a node that is nobody's child, if its edges are directed."""
    if not len(graph.edges):
        return "no edges"
    children = np.unique(graph.edges[:, 1])
    root = next(iter(np.setdiff1d(graph.edges[:, 0], children)), None)
    if root is None:
        return "undirected"
    name = graph.names[int(root)]
    return f"the root is '{shown(name)}'" if name else "the root has no name"
