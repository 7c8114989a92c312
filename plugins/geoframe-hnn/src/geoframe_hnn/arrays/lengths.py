"""Points of the ball moved until their distances are those of a weighted tree."""

from __future__ import annotations

import attrs
import numpy as np

from geoframe_data.graph import Floats, Ints
from geoframe_data.tree import Tree
from geoframe_hnn.arrays.descent import add_gradients, descend, distances_of

RANDOM = 32
"""Other nodes that each one's distance to is looked at in a step, beside its nearest relatives."""
DRAWN = 8
"""Sets of such others, taken in turn: the tree is asked for their distances once."""
ALL_PAIRS = 400
"""Nodes up to which all pairs are looked at in every step."""


@attrs.frozen(kw_only=True, eq=False)
class GivenPairs:
    """Pairs of nodes and their distances along a tree."""

    first: Ints
    second: Ints
    given: Floats
    """``(p,)``, positive."""

    @classmethod
    def of(cls, tree: Tree, first: Ints, second: Ints) -> GivenPairs:
        """The pairs of which neither end is the other."""
        given = tree.distance(first, second)
        apart = given > 0
        return cls(first=first[apart], second=second[apart], given=given[apart])


def refine_lengths(ball: Floats, tree: Tree, *, steps: int, seed: int) -> Floats:
    """Move points of the Poincare ball so that distances are in proportion to those of a tree.

    Minimised is the mean of (s d(u, v) / D(u, v) - 1)^2 over pairs of nodes at distance D, at the
    factor s that makes it least: all pairs of a small tree, else each node with its parent, its
    grandparent and random others.

    Parameters
    ----------
    ball
        ``(n, d)``.
    tree
        The tree.
    steps
        Number of steps.
    seed
        Seed of the random others.
    """
    drawn = drawn_pairs(tree, seed)
    return descend(ball, lambda x, step: gradient(x, drawn[step % len(drawn)]), steps=steps)


def drawn_pairs(tree: Tree, seed: int) -> list[GivenPairs]:
    """Sets of pairs that stand for all, one for each step in turn."""
    n = len(tree)
    if n <= ALL_PAIRS:
        return [GivenPairs.of(tree, *np.triu_indices(n, 1))]
    generator = np.random.default_rng(seed)
    nodes = np.arange(n)
    parent = np.maximum(tree.parent, 0)
    found = []
    for _ in range(DRAWN):
        others = generator.integers(0, n, (RANDOM, n))
        second = np.concatenate([parent, parent[parent], others.ravel()])
        found.append(GivenPairs.of(tree, np.tile(nodes, 2 + RANDOM), second))
    return found


def gradient(x: Floats, pairs: GivenPairs) -> Floats:
    """Euclidean gradient ``(n, d)`` of the loss over some pairs."""
    distance, slope = distances_of(x, pairs.first, pairs.second)
    ratio = distance / pairs.given
    factor = ratio.sum() / max(float(ratio @ ratio), 1e-300)
    by_distance = 2.0 * (factor * ratio - 1.0) * factor / pairs.given / len(ratio)
    found = np.zeros_like(x)
    add_gradients(found, x, pairs.first, pairs.second, by_distance * slope)
    return found
