"""What a tree makes of nodes that have several parents: refuse, or hang each from one of them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geoframe.errors import DataError
from geoframe_data import dag
from geoframe_data.graph import Graph, Ints

MultipleParents = Literal["refuse", "first", "keep"]


def with_one_parent(graph: Graph, policy: MultipleParents) -> tuple[Graph, Ints]:
    """Hang every node from one of its parents.

    With ``keep`` that is the parent with the longest chain of ancestors above it, the first of
    several such. Then the path to the root is as long as any path up from the node, for all nodes
    at once: no other choice leaves more pairs of ancestor and descendant to the tree.

    Parameters
    ----------
    graph
        A directed graph; its edges lead from parents to children.
    policy
        ``refuse``, ``first`` to leave out all parents but the first, or ``keep``.

    Returns
    -------
    tuple
        The graph with one parent a node, and which of the given edges are to be kept beside it.

    Raises
    ------
    DataError
        Naming a node with several parents, or a cycle, which nothing can hang from.
    """
    none = np.empty(0, dtype=np.int64)
    counts = np.bincount(graph.edges[:, 1], minlength=len(graph.names))
    several = np.flatnonzero(counts > 1)
    if len(several) == 0:
        return graph, none
    if policy == "refuse":
        parents = graph.edges[graph.edges[:, 1] == several[0], 0]
        raise DataError(
            f"{graph.origin}: not a tree: {graph.node(several[0])} has {len(parents)} parents, "
            f"{graph.node(parents[0])} and {graph.node(parents[1])}"
            f"{f' ({len(several)} nodes have several)' if len(several) > 1 else ''}; set "
            "data.multiple_parents to 'keep' to keep all of them beside a tree of one parent each, "
            "or to 'first' to leave out all but the first"
        )
    rows = np.arange(len(graph.edges))
    if policy == "keep":
        _refuse_cycles(graph)
        chain = dag.depth(len(graph.names), graph.edges)[graph.edges[:, 0]]
        rows = np.lexsort((rows, -chain))
    _, first = np.unique(graph.edges[rows, 1], return_index=True)
    kept = np.sort(rows[first])
    left = np.setdiff1d(rows, kept)
    if policy == "first":
        note = (
            f"kept the first parent of {len(several)} nodes that had several "
            f"({len(left)} edges left out)"
        )
        return graph.take_edges(kept, note), none
    note = (
        f"nodes with several parents ({len(several)}) hang from the one with the longest chain "
        f"above it; further edges ({len(left)}) are kept beside the tree"
    )
    return graph.take_edges(kept, note), left


def _refuse_cycles(graph: Graph) -> None:
    """Refuse cycles of a graph whose nodes may have several parents."""
    n, ends = len(graph.names), graph.edges
    matrix = csr_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(n, n))
    _, part = connected_components(matrix, directed=True, connection="strong")
    inside = ends[part[ends[:, 0]] == part[ends[:, 1]]]
    above = np.full(n, -1)
    above[inside[:, 1]] = inside[:, 0]  # a parent on a common cycle, of those on any
    check_acyclic(graph, above)


def check_acyclic(graph: Graph, above: Ints) -> None:
    """Walk up from every node; who comes back to where it has been is on a cycle.

    Parameters
    ----------
    graph
        What the message names.
    above
        ``(n,)``: a parent of each node, -1 for none.

    Raises
    ------
    DataError
        Naming the nodes of a cycle.
    """
    up = above.tolist()
    state = [0] * len(up)  # 0: not seen; otherwise the walk that came by
    for start in range(len(up)):
        node = start
        while node >= 0 and state[node] == 0:
            state[node] = start + 1
            node = up[node]
        if node >= 0 and state[node] == start + 1:
            cycle, at = [node], up[node]
            while at != node:
                cycle.append(at)
                at = up[at]
            way = " -> ".join(graph.node(each) for each in [node, *cycle[:0:-1]][:5])
            more = " -> ..." if len(cycle) > 5 else f" -> {graph.node(node)}"
            raise DataError(
                f"{graph.origin}: not a tree: it has a cycle {way}{more}; remove one of these edges"
            )
