"""Which pairs and neighbours of a tree are measured, and as what."""

from __future__ import annotations

from typing import Protocol

import attrs
import numpy as np
from numpy.typing import ArrayLike

from geoframe_data.ancestry import Ancestry
from geoframe_data.graph import Floats, Ints
from geoframe_data.tree import Tree
from geoframe_embedding.comparison import ranking_measures
from geoframe_embedding.distances import PairDistances, row_blocks
from geoframe_embedding.neighbors import KEPT, Ranks, measure_neighbors, triplets_kept
from geoframe_embedding.pairs import Pairs
from geoframe_hnn.hyperbolic.certificate import sibling_pairs
from geoframe_hnn.hyperbolic.frames import BLOCK as LIFTED

BLOCK = 1_000_000
"""Distances measured at a time."""
WORK = 100_000_000
"""Steps from a node to its parent that the distances of random pairs may take in all."""
LEVEL = 300
"""Nodes that take as long as a level of a tree, where one node is measured against all."""


class NodeDistance(Protocol):
    """Anything that measures distances between the nodes of a tree, in the tree's unit."""

    def __len__(self) -> int:
        """Number of nodes."""
        ...

    def distance(self, u: ArrayLike, v: ArrayLike) -> Floats:
        """Distances of node indices, broadcast."""
        ...


@attrs.frozen
class NodeDistances:
    """A tree, or its construction, as :class:`~geoframe_embedding.distances.PairDistances`."""

    of: NodeDistance

    def __len__(self) -> int:
        return len(self.of)

    def rows(self, items: Ints) -> Floats:
        """Distances from some nodes ``(k,)`` to all; one node against all takes O(n)."""
        everyone, step = np.arange(len(self.of)), max(1, BLOCK // len(self.of))
        found = np.empty((len(items), len(everyone)))
        for start in range(0, len(items), step):
            block = slice(start, start + step)
            found[block] = self.of.distance(items[block, None], everyone)
        return found

    def between(self, first: Ints, second: Ints) -> Floats:
        """Distances of pairs ``(p,)``, a block at a time."""
        found = np.empty(len(first))
        for start in range(0, len(first), BLOCK):
            block = slice(start, start + BLOCK)
            found[block] = self.of.distance(first[block], second[block])
        return found


def relatives(tree: Tree) -> tuple[Ints, Ints]:
    """Siblings, and nodes with their grandparents, as two index arrays: paths of one turn."""
    first, second = sibling_pairs(tree)
    low = np.flatnonzero(tree.depth >= 2)
    grandparent = tree.parent[tree.parent[low]]
    return np.concatenate([first, low]), np.concatenate([second, grandparent])


def evaluation_pairs(tree: Tree, limit: int, seed: int = 0) -> Pairs:
    """All pairs of nodes, or at most ``limit`` of them: those that suffer most, and random ones.

    Siblings and grandparents come first, by rising distance: a turn costs the more of a path
    the shorter its edges are. They get up to half of the limit each way; random pairs the rest,
    or, in a tree so deep that these would take long, as many as can be measured soon.
    """
    n = len(tree)
    if n * (n - 1) // 2 <= limit:
        u, v = np.triu_indices(n, 1)
        return Pairs(first=u, second=v, given=_tree_distances(tree, u, v), complete=True)
    rng = np.random.default_rng(seed)
    u, v = relatives(tree)
    if len(u) > limit // 2:
        shortest = np.argpartition(tree.distance(u, v), limit // 2)[: limit // 2]
        u, v = u[shortest], v[shortest]
    steps = max(1.0, float(tree.depth.mean()))
    count = limit - len(u)
    if n * steps * -(-count // LIFTED) > WORK:  # each node is lifted once a block
        count = min(count, int(WORK / (2.0 * steps)))
    left = rng.integers(n, size=count)
    right = (left + rng.integers(1, n, size=count)) % n
    u, v = np.concatenate([u, left]), np.concatenate([v, right])
    return Pairs(first=u, second=v, given=_tree_distances(tree, u, v), complete=False)


def _tree_distances(tree: Tree, u: Ints, v: Ints) -> Floats:
    return NodeDistances(tree).between(u, v)


def measure_items(
    embedded: PairDistances, tree: Tree, relation: str, count: int, seed: int = 0
) -> dict[str, float]:
    """Triplets and neighbours of up to ``count`` nodes under their names; of a deep tree fewer.

    Parameters
    ----------
    embedded
        Distances of the nodes.
    relation
        What counts as a neighbour in MAP and mean rank: ``"edges"``, parents and children (in a
        weighted tree, where these need not be near, the nearest nodes: ``_pairs``), or
        ``"ancestors"``, all above a node. Further parents count.

    Returns
    -------
    dict
        Also ``ranked_nodes``, how many others were ranked from; empty if there is nothing to
        rank.
    """
    n = len(tree)
    if n < 2 or count == 0:
        return {}
    ancestors = relation == "ancestors"
    candidates = np.arange(1, n) if ancestors else np.arange(n)
    most = max(1, WORK // (n + LEVEL * int(tree.depth.max())))
    items = np.random.default_rng(seed).permutation(candidates)[: min(count, most)]
    given = NodeDistances(tree)
    neighbors = measure_neighbors(given, embedded, items)
    found = {f"neighbors_kept_{KEPT}": neighbors.kept, "ranked_nodes": len(items)}
    if len(items) == min(count, len(candidates)):
        found["triplets"] = triplets_kept(given, embedded, seed=seed)
    if not ancestors and not (tree.unweighted and len(tree.further)):
        kind = "edges" if tree.unweighted else "pairs"
        return {**found, **ranking_measures(neighbors.ranking, kind)}
    related = Ancestry(tree).ancestors if ancestors else Ancestry(tree).neighbours
    ranks = Ranks()
    for block, rows in row_blocks(embedded, items):
        for node, distances in zip(items[block].tolist(), rows, strict=True):
            ranks.add(distances, related(node), np.array([node]))
    return {**found, **ranking_measures(ranks.result(), relation)}
