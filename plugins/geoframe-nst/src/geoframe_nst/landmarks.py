"""Starting coordinates from path lengths: landmark multidimensional scaling."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoframe_embedding.distances import path_lengths
from geoframe_embedding.scaling import landmark_scaling

LANDMARKS = 256
"""Nodes whose distances to all others are computed; up to this many nodes the scaling is full."""
JITTER = 1e-2
"""Standard deviation of the noise that separates nodes at one place, in units of the layout's."""


def landmark_coordinates(
    n: int,
    edges: NDArray[np.int64],
    weights: NDArray[np.float64],
    dim: int,
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Lay out a graph so that straight lines are about as long as its paths -> ``(n, dim)``.

    Landmark scaling of the path lengths. Directions of edges do not matter; separate parts of
    the graph are put 1.5 times the longest path apart. The standard deviation of all coordinates
    together is 1.

    Parameters
    ----------
    n
        Number of nodes.
    edges
        ``(e, 2)`` node indices.
    weights
        ``(e,)`` positive lengths.
    dim
        Number of coordinates.
    seed
        Seed of the choice of landmarks and of the noise.
    """
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.permutation(n)[:LANDMARKS])
    lengths = path_lengths(n, edges, weights, chosen)
    finite = np.isfinite(lengths)
    lengths = np.where(finite, lengths, 1.5 * lengths[finite].max(initial=1.0))
    layout = landmark_scaling(lengths, chosen, dim)
    layout /= max(layout.std(), np.finfo(float).tiny)
    layout += JITTER * generator.standard_normal((n, dim))
    return layout
