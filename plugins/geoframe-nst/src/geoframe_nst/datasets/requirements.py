"""How far a dependent is from what it needs: lengths for the edges of dependency graphs."""

from __future__ import annotations

import numpy as np

from geoframe_data.dag import ancestors
from geoframe_data.graph import Floats, Ints


def requirement_distance(n: int, edges: Ints) -> Floats:
    """Length of each edge u -> v of a dependency DAG: the share of v's needs that u leaves open.

    Let S(x) be x with all that it needs, directly or not. The length is the Jaccard distance
    ``1 - |S(u) & S(v)| / |S(u) | S(v)|``, which is a metric on sets, so that a metric space has a
    chance to fit it. On an edge S(u) lies in S(v) and does not hold v, so it is
    ``1 - |S(u)| / |S(v)|``, in (0, 1): near 0 where v adds little to u, near 1 where u is one small
    part of many.
    """
    sizes = np.array([len(before) + 1 for before in ancestors(n, edges)], dtype=np.float64)
    distance: Floats = 1 - sizes[edges[:, 0]] / sizes[edges[:, 1]]
    return distance
