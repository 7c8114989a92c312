"""A proof, in time linear in the tree, of how much any of the n^2 distances can be distorted.

The embedding keeps every edge, so by the triangle inequality no distance grows. What a path
loses it loses at its turns. A turn by the angle t between stretches of lengths a and b loses
a + b - third_side(a, b, t), which grows with a and b and falls with t. So it is bounded by
putting the greatest lengths and the least angle there: lengths come from the heights of the
subtrees; angles from the directions of the children, less the width of the cone in which a
child's subtree can be seen (:func:`_cones`). The bounds on single turns add up along a path,
and the path with the worst ratio of loss to length is found by dynamic programming.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from geoframe_data.graph import Ints
from geoframe_data.tree import Tree
from geoframe_hnn.hyperbolic.polar import Floats, norm, third_side

LARGE_FAMILY = 2000
"""Siblings above which pairs are not looked at one by one."""
ROUNDING = 1e-12
"""Relative slack for the rounding errors of the bound itself."""


class Certificate:
    """Bounds on the distances of an embedding.

    Parameters
    ----------
    tree
        The tree.
    siblings
        What :func:`sibling_pairs` found in it; it does not depend on the embedding.
    scale
        Hyperbolic length (curvature -1) of an edge of length 1.
    direction
        Unit vector ``(n, d)`` of each node in the frame of its parent.
    """

    def __init__(
        self, tree: Tree, siblings: tuple[Ints, Ints], scale: float, direction: Floats
    ) -> None:
        self.tree = tree
        self.length = length = scale * tree.length
        self.first, self.second = siblings
        reach = length + scale * tree.height
        back = 0.5 * norm(direction + np.eye(1, direction.shape[1]))[:, 0]
        turn = 2.0 * np.arcsin(np.minimum(back, 1.0))
        cone = _cones(tree, length, turn)
        up = length[np.maximum(tree.parent, 0)]
        half = 0.5 * np.maximum(turn - cone, 0.0)
        self.turn_loss = np.maximum(up + reach - third_side(up, reach, np.sin(half)), 0.0)
        i, j = siblings
        gap = np.arcsin(np.minimum(0.5 * norm(direction[i] - direction[j])[:, 0], 1.0))
        half = np.maximum(gap - 0.5 * (cone[i] + cone[j]), 0.0)
        a, b = reach[i], reach[j]
        self.pair_loss = a + b - third_side(a, b, np.sin(half))
        large = np.flatnonzero(tree.child_count > LARGE_FAMILY).tolist()
        self.large = [_large_family(tree.children(node), direction, cone, reach) for node in large]

    def holds(self, share: float) -> bool:
        """Whether no path can lose more than this share of its length.

        A path that goes straight down a tree of one branch loses nothing at any share.
        """
        tree = self.tree
        allowed = share * self.length
        # Most that a path from the parent through the node, and on down, loses beyond its share.
        excess = -allowed
        onward = np.zeros(len(tree))
        for level in tree.levels[:1:-1]:
            excess[level] += onward[level]
            np.maximum.at(onward, tree.parent[level], excess[level] + self.turn_loss[level])
        if len(tree.levels) > 1:
            excess[tree.levels[1]] += onward[tree.levels[1]]
        if np.any(excess > 0.0):
            return False
        joined = excess[self.first] + excess[self.second] + self.pair_loss
        if np.any(joined > 0.0):
            return False
        return all(
            np.sort(excess[members])[-2:].sum() + loss <= 0.0 for members, loss in self.large
        )

    def worst_case(self) -> float:
        """Bound D >= 1: for all nodes, (tree distance) / D <= embedded distance <= tree distance.

        Infinite if no such D follows.
        """
        if self.holds(0.0):
            return 1.0
        if not self.holds(1.0 - 1e-9):
            return float("inf")
        low, high = 0.0, 1.0 - 1e-9
        while high - low > 1e-9 * (1.0 - high):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if self.holds(middle) else (middle, high)
        return (1.0 + ROUNDING) / (1.0 - high)


def sibling_pairs(tree: Tree) -> tuple[Ints, Ints]:
    """All pairs of siblings in families of up to 2000, as two index arrays."""
    order = np.argsort(tree.parent, kind="stable")[1:]  # families stand together; no root
    sizes = tree.child_count[tree.child_count > 0]
    starts = np.cumsum(sizes) - sizes
    first, second = [], []
    for size in np.unique(sizes[(sizes > 1) & (sizes <= LARGE_FAMILY)]):
        i, j = np.triu_indices(size, 1)
        members = starts[sizes == size][:, None]
        first.append(order[(members + i).ravel()])
        second.append(order[(members + j).ravel()])
    empty = np.empty(0, dtype=np.int64)
    return np.concatenate([empty, *first]), np.concatenate([empty, *second])


def _cones(tree: Tree, length: Floats, turn: Floats) -> Floats:
    """Half-angle ``(n,)`` of the cone, seen from the parent, that holds a node's subtree.

    Seen across an edge of length l, a point under the angle t from the way back is aside by at
    most atan2(sin t / cosh l, tanh l - cos t), its value for a point at infinity, and less for
    larger t.
    """
    cone = np.zeros(len(tree))
    least = np.full(len(tree), np.pi)
    for level in tree.levels[:0:-1]:
        inner = level[tree.child_count[level] > 0]
        t, across = least[inner], length[inner]
        decay = np.exp(-across)
        aside = np.sin(t) * 2.0 * decay / (1.0 + decay * decay)
        along = np.tanh(across) - 1.0 + 2.0 * np.sin(0.5 * t) ** 2
        cone[inner] = np.where(t > 0.0, np.arctan2(aside, along), np.pi)
        np.minimum.at(least, tree.parent[level], turn[level] - cone[level])
    return cone


def _large_family(
    members: Ints, direction: Floats, cone: Floats, reach: Floats
) -> tuple[Ints, float]:
    """Bound every turn within a family at once, by its two closest directions."""
    nearest, _ = cKDTree(direction[members]).query(direction[members], k=2)
    gap = np.arcsin(min(0.5 * float(nearest[:, 1].min()), 1.0))
    half = max(gap - float(cone[members].max()), 0.0)
    longest = reach[members].max()
    loss = 2.0 * longest - third_side(longest, longest, np.sin(half))
    return members, float(loss)
