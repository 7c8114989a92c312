"""Who is near whom: neighbour lists, and graphs in which nobody is everybody's neighbour."""

from __future__ import annotations

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor

from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.sampling.distances import duplicate_distance

REFINED = 4
"""Neighbours whose distances are taken from differences."""
TREE_DIMS = 10
"""Coordinates up to which a tree finds neighbours with less work than all products,"""
TREE_FROM = 5000
"""of so many points or more."""


@attrs.frozen(kw_only=True, eq=False)
class Neighbors:
    """The nearest other points of each point, nearest first."""

    distance: Tensor
    """``(N, k)``, ascending."""
    index: Tensor
    """``(N, k)``."""

    @property
    def median(self) -> float:
        """Median distance to the nearest other point: leave one out."""
        return float(self.distance[:, 0].median())

    @property
    def low(self) -> float:
        """Distance below which a sample counts as a duplicate."""
        return duplicate_distance(self.distance[:, 0])


def neighbors_of(points: Points, k: int) -> Neighbors:
    """Search the ``k`` nearest other points of each of ``points``; fewer if there are not so many.

    Points that repeat others are neighbours at distance 0. The nearest ones' distances come from
    differences, those of the others from float32 products; of many points in few dimensions,
    which a tree finds, all come from differences.
    """
    n = len(points)
    k = min(k, n - 1)
    if n >= TREE_FROM and points.dim <= TREE_DIMS:
        return _by_tree(points, k)
    halves = points.half_norms
    distances, indices = [], []
    for start, part in points.blocks(1024):
        rows = torch.arange(len(part), device=part.device)
        squares = part.new_empty(len(part), n)
        for first, other in points.blocks(8192):
            squares[:, first : first + len(other)] = part @ other.T
        squares = 2 * (halves[start : start + len(part), None] + halves - squares)
        squares[rows, start + rows] = torch.inf
        found = squares.topk(k, dim=1, largest=False)
        exact = (points.rows(found.indices[:, :REFINED]) - part[:, None]).norm(dim=2)
        distance = found.values.clamp_min(0).sqrt()
        distance[:, :REFINED] = exact.sort(1).values
        order = exact.argsort(1)
        index = found.indices.clone()
        index[:, :REFINED] = index[:, :REFINED].gather(1, order)
        distances.append(distance)
        indices.append(index)
    return Neighbors(distance=torch.cat(distances).cpu(), index=torch.cat(indices).cpu())


def _by_tree(points: Points, k: int) -> Neighbors:
    """Search by a k-d tree: n log n instead of n^2, while there are few dimensions."""
    coordinates = torch.cat([part for _, part in points.blocks(8192)]).cpu().numpy()
    distance, index = cKDTree(coordinates).query(coordinates, k=k + 1)
    own = index == np.arange(len(index))[:, None]
    # Of many equal points k + 1 others may come first; then the last is one too many.
    own[~own.any(1), -1] = True
    return Neighbors(
        distance=torch.from_numpy(distance[~own].reshape(-1, k)).float(),
        index=torch.from_numpy(index[~own].reshape(-1, k)),
    )


def balanced_neighbors(found: Neighbors, k: int) -> Tensor:
    """Neighbour lists ``(N, k)`` in which no point stands in more than ``k`` lists, if possible.

    In many dimensions a few points, hubs, are near to all others, and what is mixed from
    neighbours would be mixed from hubs. Pairs among the nearest ``max(6 k, 40)`` are taken by
    rising distance while both have room; lists that are short then take points that stand in less
    than ``2 k`` lists, and at last the nearest.
    """
    n, known = found.index.shape
    k, width = min(k, known), min(known, max(6 * k, 40))
    distance = found.distance[:, :width].reshape(-1).numpy()
    source = np.repeat(np.arange(n), width)
    target = found.index[:, :width].reshape(-1).numpy()
    lists: NDArray[np.int64] = np.full((n, k), -1)
    out, into = [0] * n, [0] * n
    order = np.argsort(distance, kind="stable")
    pairs = list(zip(source[order].tolist(), target[order].tolist(), strict=True))
    for room in (k, 2 * k):
        left = []
        for i, j in pairs:
            if out[i] < k and into[j] < room:
                lists[i, out[i]] = j
                out[i] += 1
                into[j] += 1
            elif out[i] < k:
                left.append((i, j))
        pairs = left
    for i in range(n):
        if out[i] < k:
            taken = set(lists[i, : out[i]].tolist())
            spare = [j for j in found.index[i].tolist() if j not in taken]
            lists[i, out[i] :] = spare[: k - out[i]]
    return torch.from_numpy(lists)
