"""All nodes of an embedded tree as seen from some of them.

What is carried along leads away from the point of view at every step, so errors shrink and
nothing cancels, as with lowest common ancestors in :mod:`geoframe_hnn.hyperbolic.frames`.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from geoframe_data.graph import Floats, Ints
from geoframe_data.tree import Tree
from geoframe_hnn.hyperbolic.frames import seen_from_ancestors
from geoframe_hnn.hyperbolic.polar import across, carry_back, carry_forth


def towards(tree: Tree, length: Floats, direction: Floats, centers: Ints) -> tuple[Floats, Floats]:
    """Distance and direction of some nodes as seen from every node, in its frame; O(n) for each.

    Parameters
    ----------
    tree, length, direction
        See :func:`geoframe_hnn.hyperbolic.frames.seen_from_ancestors`.
    centers
        The nodes that are looked at ``(k,)``. In a deep tree, where a step goes on by a level,
        many at once take little longer than one.

    Returns
    -------
    tuple
        Distances ``(k, n)`` and unit vectors ``(k, n, d)``; at the centre, 0 and straight back.
    """
    n, dim = direction.shape
    r, y = np.zeros((len(centers), n)), np.zeros((len(centers), n, dim))
    y[..., 0] = -1.0
    aside = np.ones((len(centers), n), dtype=bool)
    row, node = np.arange(len(centers)), np.asarray(centers)
    aside[row, node] = False
    while len(row := row[node > 0]):
        node = node[node > 0]
        parent, way = tree.parent[node], direction[node]
        found = across(length[node], way, r[row, node], carry_back(way, y[row, node]))
        r[row, parent], y[row, parent] = found
        aside[row, parent] = False
        node = parent
    for level in tree.levels[1:]:
        row, place = np.nonzero(aside[:, level])
        nodes = level[place]
        parents = tree.parent[nodes]
        back = np.zeros((len(nodes), dim))
        back[:, 0] = -1.0
        # What the parent sees in direction y is seen, carried along the edge, in the child's
        # own frame; there the parent lies straight back.
        carried = carry_forth(direction[nodes], y[row, parents])
        r[row, nodes], y[row, nodes] = across(length[nodes], back, r[row, parents], carried)
    return r, y


def log_map_at(tree: Tree, length: Floats, direction: Floats, center: int) -> tuple[Floats, Floats]:
    """Distance and direction of every node as seen from one, in its own frame.

    O(n) in the plane; in more dimensions O(n x depth), as no angle says how frames are turned.
    Arguments are those of :func:`towards`; distances ``(n,)`` and unit vectors ``(n, d)``.
    """
    if direction.shape[1] > 2:
        return _around_in_space(tree, length, direction, center)
    (r,), (y,) = towards(tree, length, direction, np.array([center]))
    back = y[:, 0] + 1j * y[:, 1]
    way = direction[:, 0] + 1j * direction[:, 1]
    seen = np.ones(len(tree), dtype=np.complex128)

    def step(
        nodes: slice | np.ndarray, before: slice | np.ndarray, edge: Floats, on: np.ndarray
    ) -> None:
        """Go on from nodes that are seen to their neighbours in direction ``on``."""
        straight = seen[before]
        found = across(
            r[before], _vectors(straight), edge, _vectors(straight * on / -back[before])
        )[1]
        seen[nodes] = found[:, 0] + 1j * found[:, 1]

    path = path_to_root(tree, center)
    for node, parent in pairwise(path):
        here = slice(node, node + 1)
        step(slice(parent, parent + 1), here, length[here], np.array([-1.0 + 0.0j]))
    aside = np.ones(len(tree), dtype=bool)
    aside[path] = False
    for level in tree.levels[1:]:
        nodes = level[aside[level]]
        step(nodes, tree.parent[nodes], length[nodes], way[nodes])
    return r, _vectors(seen)


def path_to_root(tree: Tree, node: int) -> list[int]:
    """Nodes from ``node`` up to the root, both included."""
    path = [node]
    while path[-1] != 0:
        path.append(int(tree.parent[path[-1]]))
    return path


def _vectors(numbers: np.ndarray) -> Floats:
    return np.stack([numbers.real, numbers.imag], axis=-1)


def _around_in_space(
    tree: Tree, length: Floats, direction: Floats, center: int
) -> tuple[Floats, Floats]:
    nodes = np.arange(len(tree))
    meeting = tree.lca(center, nodes)
    r, y = seen_from_ancestors(tree, length, direction, nodes, tree.depth - tree.depth[meeting])
    for child in path_to_root(tree, center)[-2::-1]:  # from the root down, with what lies outside
        outside = np.flatnonzero(tree.depth[meeting] < tree.depth[child])
        way = np.broadcast_to(direction[child], (len(outside), direction.shape[1]))
        back = np.zeros_like(way)
        back[:, 0] = -1.0
        seen = carry_forth(way, y[outside])
        r[outside], y[outside] = across(
            np.full(len(outside), length[child]), back, r[outside], seen
        )
    y[center] = 0.0
    y[center, 0] = 1.0
    return r, y
