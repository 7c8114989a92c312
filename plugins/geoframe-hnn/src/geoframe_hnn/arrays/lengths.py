"""Points of the ball moved until their distances are those of a weighted tree."""

from __future__ import annotations

import numpy as np

from geoframe_data.graph import Floats, Ints
from geoframe_data.tree import Tree
from geoframe_hnn.arrays.descent import add_gradients, descend, distances_of
from geoframe_hnn.quality import relatives

ALL_PAIRS = 400
"""Nodes up to which every step looks at all pairs."""
SAMPLED = 8
"""Random pairs for each node that a step looks at in larger trees; at most so many of relatives."""


def refine_lengths(ball: Floats, tree: Tree, *, steps: int, seed: int) -> Floats:
    """Move points of the Poincare ball so that distances are in proportion to those of a tree.

    Minimised is the mean of (s d(u, v) / D(u, v) - 1)^2 over pairs of nodes at distance D > 0, at
    the factor s that makes it least: over all pairs of a small tree, else over random ones and,
    since these are rarely near, over parents, siblings and grandparents. Time is in proportion to
    steps times pairs.

    Parameters
    ----------
    ball
        ``(n, d)``.
    tree
        The tree.
    steps
        Number of steps.
    seed
        Seed of the samples.
    """
    if len(tree) <= ALL_PAIRS:
        pairs = _measured(tree, *np.triu_indices(len(tree), 1))
        return descend(ball, lambda x, _: gradient(x, *pairs), steps=steps)
    generator = np.random.default_rng(seed)
    child = np.arange(1, len(tree))
    first, second = relatives(tree)
    near = np.stack([np.concatenate([child, first]), np.concatenate([tree.parent[1:], second])])

    def sampled(x: Floats, _: int) -> Floats:
        count = SAMPLED * len(tree)
        some = near
        if near.shape[1] > count:  # large families
            some = near[:, generator.integers(near.shape[1], size=count)]
        random = generator.integers(len(tree), size=(2, count))
        return gradient(x, *_measured(tree, *np.concatenate([some, random], axis=1)))

    return descend(ball, sampled, steps=steps)


def _measured(tree: Tree, first: Ints, second: Ints) -> tuple[Ints, Ints, Floats]:
    """Pairs ``(p,)`` of nodes that are apart, and their distances in the tree."""
    given = tree.distance(first, second)
    apart = given > 0
    return first[apart], second[apart], given[apart]


def gradient(x: Floats, first: Ints, second: Ints, given: Floats) -> Floats:
    """Euclidean gradient ``(n, d)`` of the loss over pairs ``(p,)`` at given distances."""
    distance, slope = distances_of(x, first, second)
    ratio = distance / given
    factor = float(ratio.sum()) / max(float(ratio @ ratio), 1e-300)
    by_distance = 2.0 * (factor * ratio - 1.0) * factor / given / len(ratio)
    found = np.zeros_like(x)
    add_gradients(found, x, first, second, by_distance * slope)
    return found
