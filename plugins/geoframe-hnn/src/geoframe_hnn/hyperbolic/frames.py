"""Positions of nodes as seen from their ancestors: the frames of lowest common ancestors.

Each node has a frame of its own, whose first axis leads straight on from the parent. Nodes are
only ever described in frames of their ancestors, one edge at a time, and two nodes are compared
in the frame of their lowest common ancestor, where they lie in clearly different directions.
Coordinates at the root, which would need about depth * scale / log 2 bits, are never formed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoframe_data.graph import Floats, Ints
from geoframe_data.tree import Tree
from geoframe_hnn.hyperbolic.polar import across, carry_back, norm, third_side

BLOCK = 500_000
"""Pairs worked on at a time; a block takes about 100 MB in two dimensions."""


def seen_from_ancestors(
    tree: Tree, length: Floats, direction: Floats, nodes: Ints, steps: Ints
) -> tuple[Floats, Floats]:
    """Distance and direction of nodes in the frames of their ancestors.

    Every node is lifted once, however many of its ancestors are asked for:
    O(distinct nodes x steps + queries).

    Parameters
    ----------
    tree
        The tree.
    length
        Hyperbolic length ``(n,)`` of the edge to the parent, curvature -1.
    direction
        Unit vector ``(n, d)`` of each node in the frame of its parent.
    nodes
        Node indices ``(q,)``.
    steps
        How many levels above the node the frame is ``(q,)``; 0 gives distance 0.

    Returns
    -------
    tuple
        Distances ``(q,)`` and unit vectors ``(q, d)``.
    """
    at, place, highest = _distinct(len(tree), nodes, steps)
    order = np.argsort(steps, kind="stable")
    bounds = np.searchsorted(steps[order], np.arange(int(highest.max(initial=0)) + 2))
    r = np.zeros(len(at))
    y = np.zeros((len(at), direction.shape[1]))
    y[:, 0] = 1.0
    r_found = np.zeros(len(nodes))
    y_found = np.zeros((len(nodes), direction.shape[1]))
    for step in range(len(bounds) - 1):
        queries = order[bounds[step] : bounds[step + 1]]
        rows = place[queries]
        r_found[queries], y_found[queries] = r[rows], y[rows]
        moving = int(np.searchsorted(-highest, -step))  # those with more steps to go come first
        if moving == 0:
            break
        c = at[:moving]
        way = direction[c]
        r[:moving], y[:moving] = across(length[c], way, r[:moving], carry_back(way, y[:moving]))
        at[:moving] = tree.parent[c]
    return r_found, y_found


def _distinct(n: int, nodes: Ints, steps: Ints) -> tuple[Ints, Ints, Ints]:
    """Distinct nodes by falling number of steps; each query's place among them; the steps."""
    most = np.full(n, -1, dtype=np.int64)
    np.maximum.at(most, nodes, steps)
    used = np.flatnonzero(most >= 0)
    used = used[np.argsort(-most[used], kind="stable")]
    place = np.empty(n, dtype=np.int64)
    place[used] = np.arange(len(used))
    return used, place[nodes], most[used]


def distances(
    tree: Tree, length: Floats, direction: Floats, u: NDArray[np.integer], v: NDArray[np.integer]
) -> Floats:
    """Hyperbolic distances (curvature -1) of pairs of nodes ``(m,)``, in blocks of pairs."""
    found = np.empty(len(u))
    for start in range(0, len(u), BLOCK):
        block = slice(start, start + BLOCK)
        ends = np.stack([u[block], v[block]]).astype(np.int64)
        steps = tree.depth[ends] - tree.depth[tree.lca(*ends)]
        r, y = seen_from_ancestors(tree, length, direction, ends.ravel(), steps.ravel())
        m = ends.shape[1]
        found[block] = third_side(r[:m], r[m:], 0.5 * norm(y[:m] - y[m:])[:, 0])
    return found
