"""Directions of children in the frames of their parents.

The parent lies in the direction of minus the first axis; only the root has none.
"""

from __future__ import annotations

import numpy as np

from geoframe_data.graph import Floats, Ints
from geoframe_data.tree import Tree
from geoframe_hnn.tree.codes import spherical_code

COMMON = 0.1
"""Share of the circle that the adaptive rule divides equally, whatever the edges' lengths."""


def equal_directions(tree: Tree, dim: int) -> Floats:
    """Directions ``(n, dim)`` that keep all neighbours of a node equally far apart.

    In the plane this is the construction of Sarkar (2011); in more dimensions a spherical code
    takes the place of the equal angles.
    """
    direction = np.zeros((len(tree), dim))
    direction[0, 0] = 1.0  # never used: the root has no parent
    rank, family = _ranks(tree)
    rooted = np.where(family == 0, 0, 1)  # the parent takes the first place of the code
    size = tree.child_count[family] + rooted
    for count in np.unique(size[1:]):
        members = 1 + np.flatnonzero(size[1:] == count)
        places = rank[members] + rooted[members]
        direction[members] = spherical_code(int(count), dim)[places]
    return turned(tree, direction)


def mixed_directions(tree: Tree, planar: Floats, equal: Floats) -> Floats:
    """Directions ``(n, dim)`` from the planar rule where a node has three neighbours at most.

    Parameters
    ----------
    planar
        :func:`in_space` of directions in the plane ``(n, dim)``.
    equal
        Directions for the children of nodes with more neighbours ``(n, dim)``.
    """
    few = tree.degree[np.maximum(tree.parent, 0)] <= 3
    return np.where(few[:, None], planar, equal)


def in_space(tree: Tree, direction: Floats, dim: int) -> Floats:
    """Directions ``(n, 2)`` in the plane, each family in a plane of its own -> ``(n, dim)``."""
    return turned(tree, np.pad(direction, ((0, 0), (0, dim - 2))))


def turned(tree: Tree, direction: Floats) -> Floats:
    """Mirror the children of each node together, at random, with the first axis kept ``(n, dim)``.

    No angle at any node changes, and so neither does what can be certified. But where all
    families had the same axes a binary tree would stay in a plane, whatever the dimension.
    The same tree is always turned alike.
    """
    n, dim = direction.shape
    if dim == 2:
        return direction
    mirror = np.random.default_rng(0).standard_normal((n, dim - 1))
    mirror /= np.linalg.norm(mirror, axis=1, keepdims=True)
    mirror = mirror[np.maximum(tree.parent, 0)]
    aside = direction[:, 1:]
    turned = aside - 2.0 * mirror * (mirror * aside).sum(axis=1, keepdims=True)
    return np.concatenate([direction[:, :1], turned], axis=1)


def adaptive_directions(tree: Tree, length: Floats, share: float) -> Floats:
    """Directions ``(n, 2)`` in the plane that give more room to short edges.

    A turn by an angle t costs at most 2 log 1/sin(t/2) of the path's length, and ``share`` of
    the length may be lost. Each edge brings that share of its own length as a budget, divided
    between its ends by how crowded these are. Edges i and j can pay for their turn if
    sin(t/2) >= exp(-(b_i + b_j)/2), for which half-widths of exp(-b_i) suffice, because the
    arithmetic mean is at least the geometric one. The circle is divided in that proportion,
    except for a tenth of it, divided equally to keep long edges apart too.

    Parameters
    ----------
    length
        Hyperbolic lengths of the edges ``(n,)``.
    share
        1 - 1/D, for a wanted worst-case distortion D.
    """
    if len(tree) == 1:
        return np.eye(1, 2)
    degree = tree.degree
    crowd = np.where(degree > 2, -np.log(np.sin(np.pi / np.maximum(degree, 2))), 0.0)
    _, family = _ranks(tree)
    total = crowd[family] + crowd
    upper = np.where(total > 0.0, crowd[family] / np.where(total > 0.0, total, 1.0), 0.5)
    above = -share * length * upper
    below = -share * length * (1.0 - upper)
    below[0] = -np.inf  # the root needs no room for a parent
    highest = below.copy()
    np.maximum.at(highest, family[1:], above[1:])
    child, parent = np.exp(above - highest[family]), np.exp(below - highest)
    child[0] = 0.0
    sums = parent.copy()
    np.add.at(sums, family[1:], child[1:])
    child = (1.0 - COMMON) * child / sums[family] + COMMON / np.maximum(degree[family], 1)
    parent = (1.0 - COMMON) * parent / np.maximum(sums, 1e-300) + COMMON / np.maximum(degree, 1)
    return planar_shares(tree, child, parent)


def planar_directions(tree: Tree, scale: float) -> Floats:
    """Directions ``(n, 2)`` for pictures, in which no two edges ever cross, at any scale.

    Every child gets a wedge of its parent's, in proportion to the root of the number of leaves
    below it, and its own children stay inside: their wedge opens as far as rays from the child
    can turn without leaving the parent's (Lamping, Rao and Pirolli, CHI 1995).
    """
    leaves = (tree.child_count == 0).astype(np.float64)
    for level in tree.levels[:0:-1]:
        np.add.at(leaves, tree.parent[level], leaves[level])
    weight = np.sqrt(leaves)
    sums = np.zeros(len(tree))
    np.add.at(sums, tree.parent[1:], weight[1:])
    width = np.zeros(len(tree))
    opening = np.full(len(tree), np.pi)
    for level in tree.levels[1:]:
        parent, length = tree.parent[level], scale * tree.length[level]
        width[level] = half = opening[parent] * weight[level] / sums[parent]
        # The wedge's edge ends in an ideal point; this is where the child sees it.
        decay = np.exp(-length)
        aside = np.sin(half) * 2.0 * decay / (1.0 + decay * decay)
        along = np.tanh(length) - 1.0 + 2.0 * np.sin(0.5 * half) ** 2
        opening[level] = np.pi - np.arctan2(aside, along)
    return planar_shares(tree, width / np.pi, 1.0 - opening / np.pi)


def planar_shares(tree: Tree, child: Floats, parent: Floats) -> Floats:
    """Directions ``(n, 2)`` in the middle of wedges, counterclockwise from the parent's.

    Parameters
    ----------
    child
        Half-width ``(n,)``, in units of pi, of the wedge of each node around its parent.
    parent
        Half-width ``(n,)``, in units of pi, of the wedge that each node leaves to its parent.
    """
    rank, family = _ranks(tree)
    order = np.lexsort((rank[1:], family[1:])) + 1
    ends = np.cumsum(child[order])
    first = rank[order] == 0
    starts = (ends - child[order])[first][np.cumsum(first) - 1]
    room = np.where(family == 0, 0.0, parent[family])  # the root has no parent
    angle = np.pi * (1.0 + room[order] + 2.0 * (ends - starts) - child[order])
    direction = np.zeros((len(tree), 2))
    direction[0, 0] = 1.0
    direction[order] = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return direction


def fresh_direction(taken: Floats) -> Floats:
    """Return the unit vector ``(dim,)`` that is farthest from those ``taken`` ``(k, dim)``.

    Exact in the plane: the middle of the largest gap. Else the best of a spherical code of
    about 40 candidates for each vector taken.
    """
    dim = taken.shape[1]
    if len(taken) == 0:
        return np.asarray(np.eye(1, dim)[0])
    if dim == 2:
        angles = np.sort(np.arctan2(taken[:, 1], taken[:, 0]))
        gaps = np.diff(angles, append=angles[0] + 2.0 * np.pi)
        middle = angles[gaps.argmax()] + 0.5 * gaps.max()
        return np.array([np.cos(middle), np.sin(middle)])
    opposite = -taken.sum(axis=0)
    candidates = np.array(spherical_code(max(1000, 40 * len(taken)), dim))
    if np.linalg.norm(opposite) > 1e-9:
        candidates = np.vstack([candidates, opposite / np.linalg.norm(opposite)])
    found: Floats = candidates[(candidates @ taken.T).max(axis=1).argmin()]
    return found


def _ranks(tree: Tree) -> tuple[Ints, Ints]:
    """Place of each node among its siblings, and its parent (the root counts as its own)."""
    family = np.maximum(tree.parent, 0)
    order = np.argsort(family[1:], kind="stable") + 1
    starts = np.cumsum(tree.child_count) - tree.child_count
    rank = np.zeros(len(tree), dtype=np.int64)
    rank[order] = np.arange(len(tree) - 1) - starts[family[order]]
    return rank, family
