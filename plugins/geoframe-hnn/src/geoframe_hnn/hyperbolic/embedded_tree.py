"""A tree embedded in hyperbolic space, stored so that nothing is ever rounded away."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import attrs
import numpy as np
from numpy.typing import ArrayLike

from geoframe.errors import DataError
from geoframe_data.graph import Floats, Ints
from geoframe_data.tree import Tree
from geoframe_hnn.hyperbolic.certificate import Certificate, sibling_pairs
from geoframe_hnn.hyperbolic.directions import (
    adaptive_directions,
    equal_directions,
    fresh_direction,
    in_space,
    mixed_directions,
)
from geoframe_hnn.hyperbolic.frames import distances
from geoframe_hnn.hyperbolic.scale import DirectionRule, checked_scale, smallest_scale
from geoframe_hnn.hyperbolic.views import log_map_at, towards

Angles = Literal["equal", "adaptive"]


@attrs.frozen(kw_only=True, eq=False)
class HyperbolicTree:
    """Points of hyperbolic space, one for each node of a tree, every edge at its exact length.

    A node is stored as its parent, the length of the edge, and a direction in its parent's frame
    (hnn.md calls this the LCA-frame form). Distances come out with the relative accuracy of
    float64 at any depth and scale, where coordinates at the root would need scale * depth / log 2
    bits.

    Parameters
    ----------
    tree
        The tree.
    direction
        Unit vectors ``(n, d)``: where each node lies in the frame of its parent, whose first
        axis leads straight on from the grandparent.
    scale
        Length, in hyperbolic space of curvature -1, of an edge of length 1.
    curvature
        Curvature of the space that :meth:`points` are given in; it only sets the unit of length
        there. At ``-scale**2`` edges keep their length as it stands.
    """

    tree: Tree
    direction: Floats
    scale: float
    curvature: float = -1.0

    def __len__(self) -> int:
        return len(self.tree)

    @property
    def dim(self) -> int:
        """Dimension of the space."""
        return int(self.direction.shape[1])

    @property
    def stretch(self) -> float:
        """Length in the space of curvature ``curvature`` of an edge of length 1."""
        return self.scale / math.sqrt(-self.curvature)

    def distance(self, u: ArrayLike, v: ArrayLike) -> Floats:
        """Distances of nodes, broadcast, in units of the tree's edge lengths.

        With the certificate D: tree distance / D <= distance <= tree distance. Times
        :attr:`stretch` they are distances in the space of curvature :attr:`curvature`. A pair
        takes O(depth); one node against many takes O(n), however many and deep they are, and so
        does each of a column ``(k, 1)`` of nodes against many ``(m,)``.

        Parameters
        ----------
        u, v
            Node indices.
        """
        u, v = np.asarray(u), np.asarray(v)
        if v.ndim == 0:
            u, v = v, u
        length = self.scale * self.tree.length
        each_with_all = u.ndim == 0 or (u.ndim == 2 and u.shape[1] == 1 and v.ndim == 1)
        if each_with_all and 4 * v.size > len(self):
            found, _ = towards(self.tree, length, self.direction, u.reshape(-1))
            return (found[:, v] / self.scale).reshape(np.broadcast_shapes(u.shape, v.shape))
        u, v = np.broadcast_arrays(u, v)
        found = distances(self.tree, length, self.direction, u.ravel(), v.ravel())
        return (found / self.scale).reshape(u.shape)

    def nearest(self, node: int, k: int = 10) -> tuple[Ints, Floats]:
        """Return the ``k`` nearest other nodes, nearest first, and their distances."""
        found = self.distance(node, np.arange(len(self)))
        found[node] = np.inf
        k = min(k, len(self) - 1)
        closest = np.argpartition(found, k - 1)[:k] if k else np.empty(0, dtype=np.int64)
        order = closest[np.argsort(found[closest], kind="stable")]
        return order, found[order]

    def polar(self, center: int = 0) -> tuple[Floats, Floats]:
        """Place of every node as seen from one of them.

        Parameters
        ----------
        center
            The node that sees; its own frame gives the directions.

        Returns
        -------
        tuple
            Distances ``(n,)`` in units of the tree's edge lengths, exact at any scale, and unit
            vectors ``(n, d)``. The directions of nodes that lie close together far away differ
            by less than float64 can hold; use :meth:`distance` for their distances.
        """
        r, y = log_map_at(self.tree, self.scale * self.tree.length, self.direction, center)
        return r / self.scale, y

    def tangent(self, center: int = 0) -> Floats:
        """Tangent vectors ``(n, d)`` at ``center``: log of every node, curvature :attr:`curvature`.

        Their lengths are distances from the centre.
        """
        r, y = self.polar(center)
        found: Floats = self.stretch * r[:, None] * y
        return found

    def to_poincare(self, center: int = 0) -> Floats:
        """Coordinates ``(n, d)`` in the Poincare ball of radius 1/sqrt(-curvature).

        The centre is at 0 and its neighbourhood has full precision; what is more than about 37
        away (at curvature -1) falls on the rim. Look at it from another node to see it.
        """
        r, y = self.polar(center)
        radius = np.tanh(0.5 * self.scale * r) / math.sqrt(-self.curvature)
        found: Floats = radius[:, None] * y
        return found

    def certificate(self) -> float:
        """Worst-case distortion that no pair of nodes exceeds, proven in O(n); may be inf."""
        siblings = sibling_pairs(self.tree)
        return Certificate(self.tree, siblings, self.scale, self.direction).worst_case()

    def rescaled(self, scale: float) -> HyperbolicTree:
        """Return the same directions at another scale."""
        return attrs.evolve(self, scale=scale)

    def insert(
        self, names: Sequence[str], parents: Sequence[str], lengths: Sequence[float]
    ) -> HyperbolicTree:
        """Attach new leaves; no point that is there already moves.

        Each takes the direction that is farthest from its parent's other neighbours: O(children
        of the parent), plus one copy of the arrays a call. Ask for the :meth:`certificate` of
        the result; it may be weaker.

        Parameters
        ----------
        names, parents, lengths
            New names, the names they hang from (possibly new themselves, if listed before), and
            the positive lengths of the edges, ``m`` each.

        Raises
        ------
        DataError
            If a name is taken, a parent unknown or a length not positive.
        """
        tree = self.tree
        index: dict[str, int] = {}
        for name in names:
            if name in tree or name in index:
                raise DataError(f"cannot attach '{name}': it is there already; names must be new")
            index[name] = len(tree) + len(index)
        parent, direction = list[int](), list[Floats]()
        at: dict[int, list[Floats]] = {}
        for place, (name, above, length) in enumerate(zip(names, parents, lengths, strict=True)):
            if not (math.isfinite(length) and length > 0):
                raise DataError(f"cannot attach '{name}': its length {length} is not positive")
            p = index.get(above, -1)
            if p < 0 or p >= len(tree) + place:
                p = tree.find(above)
            if p not in at:
                at[p] = self._taken(p)
            fresh = fresh_direction(np.array(at[p]).reshape(-1, self.dim))
            at[p].append(fresh)
            parent.append(p)
            direction.append(fresh)
        grown = attrs.evolve(
            tree,
            names=(*tree.names, *names),
            parent=np.concatenate([tree.parent, np.array(parent, dtype=np.int64)]),
            length=np.concatenate([tree.length, np.array(lengths, dtype=np.float64)]),
            features=None,
        )
        added = np.array(direction).reshape(-1, self.dim)
        return attrs.evolve(self, tree=grown, direction=np.concatenate([self.direction, added]))

    def _taken(self, node: int) -> list[Floats]:
        """Directions of the neighbours of a node (of one that is new: of its parent alone)."""
        known = [] if node == 0 else [-np.eye(1, self.dim)[0]]
        return known + list(self.direction[self.tree.children(node)])


def embed_tree(
    tree: Tree,
    *,
    dim: int = 2,
    distortion: float = 1.1,
    scale: float | None = None,
    angles: Angles = "adaptive",
    curvature: float = -1.0,
) -> HyperbolicTree:
    """Embed a tree in hyperbolic space, with a certificate.

    Parameters
    ----------
    tree
        The tree.
    dim
        Dimension of the space, at least 2.
    distortion
        Wanted worst-case distortion, more than 1; it decides the scale, and with adaptive angles
        the directions.
    scale
        Hyperbolic length (curvature -1) of an edge of median length; None finds the smallest
        that certifies ``distortion``.
    angles
        ``"equal"``, or ``"adaptive"`` to give short edges more room: in the plane, and in more
        dimensions where that lets the tree be smaller than a spherical code of its neighbours.
    curvature
        Curvature of the space, negative.

    Raises
    ------
    DataError
        If no scale gives the distortion, or the one given is out of float64's reach.
    ValueError
        If an option is out of range.
    """
    if dim < 2 or distortion <= 1.0 or not curvature < 0.0:
        raise ValueError("need dim >= 2, distortion > 1 and curvature < 0")
    rules = _rules(tree, dim, 1.0 - 1.0 / distortion, angles)
    if scale is None:
        chosen, direction = smallest_scale(tree, distortion, rules)
    else:
        median = float(np.median(tree.length[1:])) if len(tree) > 1 else 1.0
        chosen = checked_scale(tree, scale / median)
        direction = rules[0](chosen)
    return HyperbolicTree(tree=tree, direction=direction, scale=chosen, curvature=curvature)


def _rules(tree: Tree, dim: int, share: float, angles: Angles) -> list[DirectionRule]:
    """Rules that give directions ``(n, dim)`` at a scale, the usual one first.

    In more than two dimensions adaptive angles are those of the plane, for all nodes or for those
    with few neighbours, or equal ones: which of these needs the smallest scale depends on the
    tree, and none needs a larger one than the plane does.
    """
    if dim == 2 and angles == "adaptive":
        return [lambda at: adaptive_directions(tree, at * tree.length, share)]
    fixed = equal_directions(tree, dim)
    if angles == "equal":
        return [lambda at: fixed]

    def planar(at: float) -> Floats:
        return in_space(tree, adaptive_directions(tree, at * tree.length, share), dim)

    return [lambda at: mixed_directions(tree, planar(at), fixed), planar, lambda at: fixed]
