"""Points moved until their distances are in proportion to those of a weighted tree."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np

from geoframe_data.graph import Floats, Ints
from geoframe_data.rooting import hang
from geoframe_data.tree import Tree
from geoframe_hnn.arrays.layout import middle
from geoframe_hnn.arrays.tour import Tour
from geoframe_hnn.quality import relatives

ALL_PAIRS = 400
"""Nodes up to which every step looks at all pairs."""
SAMPLED = 8
"""Random pairs for each node that a step looks at in larger trees; at most so many of relatives."""
NEAR = 0.1
"""Share of the loss that parents, siblings and grandparents have in larger trees."""
RATE = 0.2
"""First step, as a share of the length of an edge; steps fall to 0 along half a cosine."""
MOMENTUM, MEMORY = 0.9, 0.99
"""Decays of Adam's two moments, of which the second is one number a node."""
TILT = 0.3
"""How far the start leaves the plane, as a share of the length of an edge."""

Pairs = tuple[Ints, Ints, Floats, Floats]
"""Ends, distances in the tree and weights, ``(p,)`` each."""


@attrs.frozen(kw_only=True, eq=False)
class Offsets:
    """Where the nodes of a tree are seen from its root, each as seen from its parent.

    The distance r from the root grows by ``out`` from the parent. The direction is that of a
    vector x, which changes by exp(-r) ``aside`` with the parent's r: so small does a length of 1
    across look from the root. Who moves takes along all that hangs from it, nearly as it is.
    """

    tour: Tour
    parent: Ints
    """``(n,)``; the root's is the root."""
    out: Floats
    """``(n,)``, 0 for the root."""
    aside: Floats
    """``(n, d)``, 0 for the root."""

    @classmethod
    def of(cls, tangent: Floats, parent: Ints) -> Offsets:
        """The offsets of tangent vectors ``(n, d)`` at the root, whose own is 0."""
        r = np.linalg.norm(tangent, axis=1)
        x = tangent / np.maximum(r, 1e-300)[:, None]
        above = np.maximum(parent, 0)
        return cls(
            tour=Tour(parent),
            parent=above,
            out=r - r[above],
            aside=(x - x[above]) * np.exp(r[above])[:, None],
        )

    def places(self) -> tuple[Floats, Floats]:
        """Distances ``(n,)`` from the root, and vectors x ``(n, d)``."""
        r = self.tour.down(self.out)
        return r, self.tour.down(np.exp(-r[self.parent])[:, None] * self.aside)

    def carried(self, r: Floats, by_r: Floats, by_x: Floats) -> Floats:
        """Derivatives by ``out`` and ``aside`` ``(n, 1 + d)``, given those by places at r."""
        by_aside = np.exp(-r[self.parent])[:, None] * self.tour.up(by_x)
        turned = np.bincount(
            self.parent[1:], (by_aside * self.aside).sum(axis=1)[1:], minlength=len(r)
        )
        by_out = self.tour.up(by_r - turned)
        found = np.concatenate([by_out[:, None], by_aside], axis=1)
        found[0] = 0.0
        return found


def refine_lengths(
    plane: Floats, tree: Tree, *, dim: int, radius: float, steps: int, seed: int
) -> Floats:
    """Move points so that distances are in proportion to those of a tree.

    Minimised is the mean of (s d(u, v) / D(u, v) - 1)^2 over pairs of nodes at distance D > 0, at
    the factor s that makes it least: over all pairs of a small tree, else over random ones and,
    with a smaller weight, over parents, siblings and grandparents, which are rarely met at random.
    Adam moves every node relative to its parent, by a share of the length of its edge, and with
    it all that hangs from it. Time is in proportion to steps times pairs.

    Parameters
    ----------
    plane
        ``(n, 2)``: points of the plane as tangent vectors at the tree's middle.
    tree
        The tree.
    dim
        Dimension of the space that they may move in, at least 2.
    radius
        Greatest distance from the middle.
    steps
        Number of steps.
    seed
        Seed of the samples.

    Returns
    -------
    numpy.ndarray
        ``(n, dim)``: tangent vectors at the middle.
    """
    n = len(tree)
    generator = np.random.default_rng(seed)
    order, parent, length = hang(n, tree.edges, tree.length[1:], middle(tree))
    at = Offsets.of(plane[order], parent)
    size = np.minimum(1.0, length * _scale(plane[order], at.tour, length))[:, None]
    tilt = TILT * size * generator.standard_normal((n, dim - 2))  # none at the root, of size 0
    at = attrs.evolve(at, aside=np.concatenate([at.aside, tilt], axis=1))
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    pairs = _pairs(tree, place, generator)
    first, second = np.zeros((n, 1 + dim)), np.zeros((n, 1))
    for step in range(steps):
        r, x = at.places()
        slope = size * at.carried(r, *gradient(r, x, *pairs(), radius))
        first = MOMENTUM * first + (1.0 - MOMENTUM) * slope
        second = MEMORY * second + (1.0 - MEMORY) * (slope * slope).sum(axis=1, keepdims=True)
        mean = first / (1.0 - MOMENTUM ** (step + 1))
        spread = np.sqrt(second / (1.0 - MEMORY ** (step + 1))) + 1e-12
        move = RATE * 0.5 * (1.0 + np.cos(np.pi * step / steps)) * size * mean / spread
        at = attrs.evolve(at, out=at.out - move[:, 0], aside=at.aside - move[:, 1:])
    r, x = at.places()
    x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-300)
    found: Floats = (np.clip(r, -radius, radius)[:, None] * x)[place]
    return found


def _scale(tangent: Floats, tour: Tour, length: Floats) -> float:
    """Hyperbolic length of an edge of length 1, where the farthest point is."""
    r = np.linalg.norm(tangent, axis=1)
    far = int(r.argmax())
    return float(r[far] / tour.down(length)[far])


def _pairs(tree: Tree, place: Ints, generator: np.random.Generator) -> Callable[[], Pairs]:
    """Pairs for each step, by the numbers that nodes have there."""
    n = len(tree)

    def measured(first: Ints, second: Ints, weight: Floats) -> Pairs:
        given = tree.distance(first, second)
        apart = given > 0
        return place[first[apart]], place[second[apart]], given[apart], weight[apart]

    if n <= ALL_PAIRS:
        u, v = np.triu_indices(n, 1)
        every = measured(u, v, np.full(len(u), 1.0 / len(u)))
        return lambda: every
    first, second = relatives(tree)
    near = np.stack([
        np.concatenate([np.arange(1, n), first]), np.concatenate([tree.parent[1:], second])
    ])  # fmt: skip
    count = SAMPLED * n

    def sampled() -> Pairs:
        some = near
        if near.shape[1] > count:  # large families
            some = near[:, generator.integers(near.shape[1], size=count)]
        random = generator.integers(n, size=(2, count))
        shares = [NEAR / some.shape[1], (1.0 - NEAR) / count]
        weight = np.repeat(shares, [some.shape[1], count])
        u, v = np.concatenate([some, random], axis=1)
        return measured(u, v, weight)

    return sampled


def gradient(
    r: Floats, x: Floats, first: Ints, second: Ints, given: Floats, weight: Floats, radius: float
) -> tuple[Floats, Floats]:
    """Derivatives ``(n,)`` and ``(n, d)`` of the loss over pairs ``(p,)`` by r and x.

    Points are at distance r, at most ``radius``, in direction x / abs(x); a negative r is one in
    the direction opposite. With the half chord h of two directions sinh^2 of half their distance is
    S = sinh^2((r - r') / 2) + h^2 sinh r sinh r'.
    """
    n, norm = len(r), np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-300)
    unit, inside = x / norm, np.clip(r, -radius, radius)
    sinh, cosh = np.sinh(inside), np.cosh(inside)
    apart = unit[first] - unit[second]
    chord = 0.25 * np.einsum("ij,ij->i", apart, apart)
    across = sinh[first] * sinh[second]
    along = inside[first] - inside[second]
    squared = np.maximum(np.sinh(0.5 * along) ** 2 + across * chord, 1e-24)
    ratio = 2.0 * np.arcsinh(np.sqrt(squared)) / given
    factor = float(weight @ ratio) / max(float(weight @ (ratio * ratio)), 1e-300)
    by_squared = 2.0 * weight * (factor * ratio - 1.0) * factor / given
    by_squared /= np.sqrt(squared * (1.0 + squared))
    straight = 0.5 * np.sinh(along)
    outward = by_squared * (straight + cosh[first] * sinh[second] * chord)
    other = by_squared * (sinh[first] * cosh[second] * chord - straight)
    by_r = np.zeros(n)
    by_r += np.bincount(first, outward, n)
    by_r += np.bincount(second, other, n)
    by_r[(np.abs(r) > radius) & (by_r * r < 0.0)] = 0.0  # none is farther out
    pull = 0.5 * (by_squared * across)[:, None] * apart
    by_unit = np.stack(
        [
            np.bincount(first, axis, minlength=n) - np.bincount(second, axis, minlength=n)
            for axis in pull.T
        ],
        axis=1,
    )
    by_x = (by_unit - (by_unit * unit).sum(axis=1, keepdims=True) * unit) / norm
    by_x[0] = 0.0
    return by_r, by_x
