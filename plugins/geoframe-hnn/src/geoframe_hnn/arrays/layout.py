"""A tree laid out within a given radius: what coordinates of a few digits can hold.

The certified form of a tree keeps every distance and may be hundreds wide; float32 coordinates
resolve about 15 (at curvature -1). Here the radius is given, and the directions and the lengths
of edges make the best of it: who needs more room gets longer edges. Nothing is certified.
"""

from __future__ import annotations

import attrs
import numpy as np

from geoframe_data.graph import Floats
from geoframe_data.tree import Tree
from geoframe_hnn.hyperbolic.directions import equal_directions, planar_shares
from geoframe_hnn.hyperbolic.views import log_map_at
from geoframe_hnn.tree.codes import least_chord

POWER, POWER_OF_LENGTHS = 0.25, 0.5
"""Exponent of the number of leaves behind a neighbour in its share of the circle: where edges are
equally long, and where their lengths are to be kept."""
STRETCH = {2: 3.0, 3: 2.0, 4: 1.0}
"""By dimension, how much longer an edge gets for each unit of room that its ends need; from five
dimensions on there is room enough."""
FITS = 4
"""Times that the scale is corrected, since turns bring nodes nearer to the centre."""


def centered_layout(tree: Tree, dim: int, radius: float) -> Floats:
    """Points ``(n, dim)`` as tangent vectors at the middle of the tree, ``radius`` long at most.

    Parameters
    ----------
    tree
        The tree. Where all its edges are equally long only who is whose neighbour is to be
        kept, else the lengths are.
    dim
        Dimension of the space, at least 2; its curvature is -1.
    radius
        Greatest distance from the centre.
    """
    if len(tree) == 1:
        return np.zeros((1, dim))
    unit = tree.unweighted
    if dim == 2:
        child, parent = leaf_shares(tree, POWER if unit else POWER_OF_LENGTHS)
        direction = planar_shares(tree, child, parent)
        need = _room(np.sin(np.pi * np.minimum(child, 0.5)))
        need += _room(np.sin(np.pi * np.minimum(parent, 0.5)))
    else:
        direction = equal_directions(tree, dim)
        crowd = _room(0.5 * least_chords(tree, dim))
        need = crowd + crowd[np.maximum(tree.parent, 0)]
    length = 1.0 + STRETCH.get(dim, 0.0) * need if unit else tree.length.copy()
    length[0] = 0.0
    center = middle(attrs.evolve(tree, length=length))
    longest = float(attrs.evolve(tree, length=length).distance(center, _all(tree)).max())
    scale = radius / longest
    for _ in range(FITS):
        r, y = log_map_at(tree, scale * length, direction, center)
        scale *= radius / float(r.max())
    return np.minimum(r * (radius / float(r.max())), radius)[:, None] * y


def leaf_shares(tree: Tree, power: float) -> tuple[Floats, Floats]:
    """Shares of the circle by the leaves behind a neighbour, to some power.

    Returns
    -------
    tuple
        Share ``(n,)`` of each node around its parent, and share that it leaves to its parent.
    """
    leaves = (tree.child_count == 0).astype(np.float64)
    for level in tree.levels[:0:-1]:
        np.add.at(leaves, tree.parent[level], leaves[level])
    behind = np.maximum(leaves[0] - leaves, 1.0)
    child, parent = leaves**power, behind**power
    parent[0] = 0.0
    total = parent.copy()
    np.add.at(total, tree.parent[1:], child[1:])
    share = child / total[np.maximum(tree.parent, 0)]
    share[0] = 0.0
    return share, parent / np.maximum(total, 1e-300)


def least_chords(tree: Tree, dim: int) -> Floats:
    """Least distance ``(n,)`` between the directions of a node's neighbours, on the unit sphere."""
    found = np.empty(len(tree))
    for size in np.unique(tree.degree):
        found[tree.degree == size] = least_chord(int(size), dim)
    return found


def middle(tree: Tree) -> int:
    """The node from which the farthest other is nearest."""
    every = _all(tree)
    one = int(tree.distance(0, every).argmax())
    from_one = tree.distance(one, every)
    from_other = tree.distance(int(from_one.argmax()), every)
    return int(np.maximum(from_one, from_other).argmin())


def _all(tree: Tree) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.arange(len(tree))


def _room(half_chord: Floats) -> Floats:
    """Length that a turn may cost whose half chord is given; 0 where there is room."""
    found: Floats = np.maximum(-np.log(np.clip(half_chord, 1e-300, 1.0)), 0.0)
    return found
