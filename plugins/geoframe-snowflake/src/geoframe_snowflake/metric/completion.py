"""Distances for pairs that have none. Torch-free."""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import csgraph_from_dense, shortest_path

from geoframe_embedding.distances import Floats


def complete_distances(distances: Floats) -> Floats:
    """Fill gaps by the shortest ways over known distances; what cannot be reached is farthest.

    Parameters
    ----------
    distances
        ``(n, n)``, symmetric; NaN where a pair has none.
    """
    known = np.isfinite(distances)
    if known.all():
        return distances
    # In a dense graph a distance of 0 would be taken for none.
    graph = csgraph_from_dense(np.where(known, distances, np.inf), null_value=np.inf)
    ways: Floats = shortest_path(graph, directed=False)
    farthest = ways[np.isfinite(ways)].max()
    return np.where(known, distances, np.where(np.isfinite(ways), ways, farthest))
