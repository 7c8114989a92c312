"""The routing tree (Algorithm 1 of arXiv 2402.03460): greedy descent to a leaf."""

from __future__ import annotations

import heapq
from typing import Self

import numpy as np
from numpy.typing import NDArray

from geoframe_pathways.routing.clusters import k_means
from geoframe_pathways.routing.nearest import Ids, NearestPrototypes, Points, rank
from geoframe_pathways.routing.router import Arrays, Router, alone


class TreeRouter(Router):
    """A rooted tree of points: go to the nearest child until there is none.

    A greedy descent is not the flat nearest prototype; a tree must be used both to assign the
    training rows and to answer queries.

    Parameters
    ----------
    points
        ``(nodes, k)``; node 0 is the root, children of a node stand next to each other.
    children
        First child and number of children of each node ``(nodes, 2)``; 0 children is a leaf.
    """

    kind = "tree"

    def __init__(self, points: Points, children: NDArray[np.int64]) -> None:
        self._points = np.ascontiguousarray(points, dtype=np.float64)
        self._children = np.asarray(children, dtype=np.int64)
        leaves = np.flatnonzero(self._children[:, 1] == 0)
        self._cell = np.full(len(points), -1, dtype=np.int64)
        self._cell[leaves] = np.arange(len(leaves))
        self.prototypes = self._points[leaves]
        self._searches = {
            int(node): NearestPrototypes(self._points[first : first + count])
            for node, (first, count) in enumerate(self._children)
            if count
        }

    def two_nearest(self, points: Points) -> tuple[Ids, Points]:
        """Return the leaf and the best leaf below its nearest sibling; see the base class."""
        if self.cells == 1:
            distances = np.linalg.norm(points - self.prototypes[0], axis=1)[:, None]
            return alone(np.zeros((len(points), 1), dtype=np.int64), distances)
        best, sibling = self._descend(points, np.zeros(len(points), dtype=np.int64))
        second, _ = self._descend(points, sibling)
        ids = self._cell[np.stack([best, second], axis=1)]
        gaps = points[:, None, :] - self.prototypes[ids]
        return ids, np.sqrt((gaps**2).sum(axis=-1))

    def one(self, point: Points) -> int:
        """See :meth:`Router.one`."""
        node = 0
        while node in self._searches:
            node = int(self._children[node, 0]) + self._searches[node].find_one(point)
        return int(self._cell[node])

    def arrays(self) -> Arrays:
        """See :meth:`Router.arrays`."""
        return {
            "prototypes": self.prototypes,
            "tree_points": self._points,
            "tree_children": self._children,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """See :meth:`Router.from_arrays`."""
        points = np.asarray(arrays["tree_points"], dtype=np.float64)
        return cls(points, np.asarray(arrays["tree_children"], dtype=np.int64))

    def comparisons(self) -> float:
        """See :meth:`Router.comparisons`."""
        cost = np.zeros(len(self._points))
        for node, (first, count) in enumerate(self._children):  # parents stand before children
            cost[first : first + count] = cost[node] + count
        return float(cost[self._cell >= 0].mean())

    def _descend(self, points: Points, nodes: Ids) -> tuple[Ids, Ids]:
        """Go down from ``nodes`` -> the leaf, and its nearest sibling at the last branching."""
        nodes = nodes.copy()
        siblings = nodes.copy()
        moving = np.flatnonzero(self._children[nodes, 1] > 0)
        while len(moving):
            for node in np.unique(nodes[moving]):
                here = moving[nodes[moving] == node]
                first = self._children[node, 0]
                found, _ = self._searches[int(node)].find(points[here], 2)
                nodes[here], siblings[here] = first + found[:, 0], first + found[:, 1]
            moving = moving[self._children[nodes[moving], 1] > 0]
        return nodes, siblings


def grow_tree(points: Points, cells: int, *, valency: int, min_rows: int, seed: int) -> TreeRouter:
    """Split the largest leaf by k-means until there are ``cells`` leaves.

    Splitting the largest leaf keeps the cells balanced. A leaf that cannot be split into
    children of ``min_rows`` rows stays one, so there may be fewer cells in the end.

    Parameters
    ----------
    points
        Training points ``(n, k)``.
    valency
        Children of a node.
    """
    centres = [points.mean(axis=0)]
    children = [(0, 0)]
    heap = [(-len(points), 0, np.arange(len(points)))]
    leaves = 1
    while leaves < cells and heap:
        _, node, rows = heapq.heappop(heap)
        wanted = min(valency, cells - leaves + 1, len(rows) // min_rows)
        split = _split(points[rows], wanted, min_rows, seed + node) if wanted > 1 else None
        if split is None:
            continue
        prototypes, owner = split
        children[node] = (len(centres), len(prototypes))
        for child, prototype in enumerate(prototypes):
            mine = rows[owner == child]
            heapq.heappush(heap, (-len(mine), len(centres), mine))
            centres.append(prototype)
            children.append((0, 0))
        leaves += len(prototypes) - 1
    return TreeRouter(np.stack(centres), np.array(children, dtype=np.int64))


def _split(points: Points, parts: int, min_rows: int, seed: int) -> tuple[Points, Ids] | None:
    """Split points into at most ``parts`` cells of ``min_rows`` -> prototypes and owners."""
    prototypes = k_means(points, parts, seed=seed)
    while len(prototypes) > 1:
        everything = np.broadcast_to(np.arange(len(prototypes)), (len(points), len(prototypes)))
        owner = rank(points, prototypes, everything, 1)[0][:, 0]
        sizes = np.bincount(owner, minlength=len(prototypes))
        if sizes.min() >= min_rows:
            return prototypes, owner
        prototypes = np.delete(prototypes, sizes.argmin(), axis=0)
    return None
