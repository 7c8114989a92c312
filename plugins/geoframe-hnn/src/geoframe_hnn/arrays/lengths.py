"""Points of the ball moved until their distances are those of a weighted tree."""

from __future__ import annotations

import numpy as np

from geoframe_data.graph import Floats, Ints
from geoframe_data.tree import Tree
from geoframe_hnn.arrays.descent import add_gradients, descend, distances_of


def refine_lengths(ball: Floats, tree: Tree, *, steps: int) -> Floats:
    """Move points of the Poincare ball so that distances are in proportion to those of a tree.

    Minimised is the mean of (s d(u, v) / D(u, v) - 1)^2 over all pairs of nodes at distance D, at
    the factor s that makes it least. Time is in proportion to steps times pairs.

    Parameters
    ----------
    ball
        ``(n, d)``.
    tree
        The tree.
    steps
        Number of steps.
    """
    first, second = np.triu_indices(len(tree), 1)
    given = tree.distance(first, second)
    return descend(ball, lambda x, _: gradient(x, first, second, given), steps=steps)


def gradient(x: Floats, first: Ints, second: Ints, given: Floats) -> Floats:
    """Euclidean gradient ``(n, d)`` of the loss over pairs ``(p,)`` at given distances."""
    distance, slope = distances_of(x, first, second)
    ratio = distance / given
    factor = float(ratio.sum()) / max(float(ratio @ ratio), 1e-300)
    by_distance = 2.0 * (factor * ratio - 1.0) * factor / given / len(ratio)
    found = np.zeros_like(x)
    add_gradients(found, x, first, second, by_distance * slope)
    return found
