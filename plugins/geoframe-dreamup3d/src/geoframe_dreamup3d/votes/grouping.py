"""From votes to objects: clusters of votes. Torch-free."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoframe_dreamup3d.classical.clustering import MIN_SAMPLES, dbscan

RADIUS = 0.0125
"""Votes within this distance are neighbours, metres."""
OWN_PLACE = 0.35
"""What a distance of the pixels' own points counts for beside one of their votes."""
LEAST = 8
"""Votes of the smallest object."""
MOST = 4000
"""Votes that are clustered; of more, every second, third, ... one is taken."""


def group(votes: NDArray[np.floating], points: NDArray[np.floating]) -> NDArray[np.int64]:
    """Number the object of each vote ``(n, 3)``: 0, 1, ...; -1 if there are none.

    Votes are clustered by density, together with the points ``(n, 3)`` that cast them; one that is
    in no cluster of at least :data:`LEAST` goes to that of the nearest. On a long object of a
    shape never seen votes miss its centre by centimetres, but those of neighbouring pixels by the
    same: they make a streak, which a search for peaks cuts in pieces and density keeps whole.
    """
    result = np.full(len(votes), -1, dtype=np.int64)
    joint = np.concatenate([votes, OWN_PLACE * points], axis=1).astype(np.float32)
    chosen = joint[:: max(1, -(-len(joint) // MOST))]
    labels = dbscan(chosen, RADIUS, MIN_SAMPLES)
    large = np.flatnonzero(np.bincount(labels + 1)[1:] >= LEAST)
    if not len(large):
        return result
    own = np.isin(labels, large)
    nearest = cKDTree(chosen[own]).query(joint)[1]
    result[:] = np.searchsorted(large, labels[own][nearest])
    return result
