"""How faithful an embedding of a tree is."""

from __future__ import annotations

from typing import Protocol

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoframe_data.graph import Floats, Ints
from geoframe_data.tree import Tree
from geoframe_hnn.certificate import sibling_pairs
from geoframe_hnn.frames import BLOCK as LIFTED

BLOCK = 1_000_000
"""Distances measured at a time."""
BINS = 12
WORK = 100_000_000
"""Steps from a node to its parent that the distances of random pairs may take in all."""
LEVEL = 300
"""Nodes that take as long as a level of a tree, where one node is measured against all."""


class Embedding(Protocol):
    """Anything that measures distances between the nodes of a tree, in the tree's unit."""

    def distance(self, u: ArrayLike, v: ArrayLike) -> Floats:
        """Distances of node indices, broadcast."""
        ...


@attrs.frozen(kw_only=True, eq=False)
class Pairs:
    """Pairs of nodes to measure."""

    u: Ints
    v: Ints
    exhaustive: bool
    """Whether these are all pairs."""

    def __len__(self) -> int:
        return len(self.u)


def evaluation_pairs(tree: Tree, limit: int, seed: int = 0) -> Pairs:
    """All pairs of nodes, or at most ``limit`` of them: those that suffer most, and random ones.

    Siblings and grandparents come first, by rising distance: a turn costs the more of a path
    the shorter its edges are. They get up to half of the limit each way; random pairs the rest,
    or, in a tree so deep that these would take long, as many as can be measured soon.
    """
    n = len(tree)
    if n * (n - 1) // 2 <= limit:
        u, v = np.triu_indices(n, 1)
        return Pairs(u=u, v=v, exhaustive=True)
    rng = np.random.default_rng(seed)
    first, second = sibling_pairs(tree)
    low = np.flatnonzero(tree.depth >= 2)
    u = np.concatenate([first, low])
    v = np.concatenate([second, tree.parent[tree.parent[low]]])
    if len(u) > limit // 2:
        shortest = np.argpartition(tree.distance(u, v), limit // 2)[: limit // 2]
        u, v = u[shortest], v[shortest]
    steps = max(1.0, float(tree.depth.mean()))
    count = limit - len(u)
    if n * steps * -(-count // LIFTED) > WORK:  # each node is lifted once a block
        count = min(count, int(WORK / (2.0 * steps)))
    left = rng.integers(n, size=count)
    right = (left + rng.integers(1, n, size=count)) % n
    return Pairs(u=np.concatenate([u, left]), v=np.concatenate([v, right]), exhaustive=False)


@attrs.frozen(kw_only=True, eq=False)
class Distortion:
    """Distances against tree distances over pairs of nodes."""

    ratio: Floats
    """Embedded distance / tree distance."""
    tree_distance: Floats

    @property
    def worst(self) -> float:
        """Expansion times contraction, max ratio / min ratio: 1 is perfect; free of scale."""
        if len(self.ratio) == 0:
            return 1.0
        low, high = float(self.ratio.min()), float(self.ratio.max())
        return high / low if low > 0.0 else float("inf")

    @property
    def average(self) -> float:
        """Mean of |ratio - 1|: what the embedding gets wrong in the tree's own unit."""
        return float(np.abs(self.ratio - 1.0).mean()) if len(self.ratio) else 0.0

    def by_distance(self) -> list[dict[str, float | int]]:
        """Rows of a table: ratios in bins of tree distance, near to far."""
        if len(self.ratio) == 0:
            return []
        values = np.unique(self.tree_distance)
        edges = (
            values
            if len(values) <= BINS
            else np.unique(np.quantile(self.tree_distance, np.linspace(0, 1, BINS + 1)[:-1]))
        )
        which = np.searchsorted(edges, self.tree_distance, side="right") - 1
        rows: list[dict[str, float | int]] = []
        for index in np.unique(which):  # a quantile between two values has no pairs of its own
            inside = which == index
            ratio = self.ratio[inside]
            rows.append(
                {
                    "from": float(edges[index]),
                    "to": float(self.tree_distance[inside].max()),
                    "pairs": int(inside.sum()),
                    "mean ratio": float(ratio.mean()),
                    "least ratio": float(ratio.min()),
                    "greatest ratio": float(ratio.max()),
                }
            )
        return rows


def measure_distortion(embedding: Embedding, tree: Tree, pairs: Pairs) -> Distortion:
    """Measure distances of pairs of nodes, in blocks."""
    exact = np.empty(len(pairs))
    found = np.empty(len(pairs))
    for start in range(0, len(pairs), BLOCK):
        block = slice(start, start + BLOCK)
        exact[block] = tree.distance(pairs.u[block], pairs.v[block])
        found[block] = embedding.distance(pairs.u[block], pairs.v[block])
    return Distortion(ratio=found / exact, tree_distance=exact)


@attrs.frozen(kw_only=True)
class Ranking:
    """Reconstruction of a relation from distances (Nickel and Kiela, NeurIPS 2017)."""

    mean_average_precision: float
    mean_rank: float
    """Mean over related pairs of 1 + the number of unrelated nodes at most as far away."""
    nodes: int
    """Number of nodes whose relatives were ranked."""


def measure_ranking(
    embedding: Embedding, tree: Tree, relation: str, count: int, seed: int = 0
) -> Ranking | None:
    """Rank all nodes by their distance from each of up to ``count`` nodes, of a deep tree fewer.

    Parameters
    ----------
    relation
        ``"edges"``: parent and children are related to a node; ``"ancestors"``: its ancestors.

    Returns
    -------
    Ranking or None
        None if no node has relatives, if ``count`` is 0, or for the edges of a weighted tree:
        there a neighbour need not be near.
    """
    n = len(tree)
    candidates = np.arange(n) if relation == "edges" else np.arange(1, n)
    if n < 2 or count == 0 or (relation == "edges" and not tree.unweighted):
        return None
    count = min(count, max(1, WORK // (n + LEVEL * int(tree.depth.max()))))
    nodes = np.random.default_rng(seed).permutation(candidates)[:count].tolist()
    precisions: list[float] = []
    ranks: list[NDArray[np.floating]] = []
    for node in nodes:
        distance = embedding.distance(node, np.arange(n))
        related = _relatives(tree, node, relation)
        positive = np.sort(distance[related])
        others = np.delete(distance, [node, *related])
        unrelated = np.searchsorted(np.sort(others), positive, side="right")
        place = np.arange(1, len(related) + 1)
        precisions.append(float((place / (place + unrelated)).mean()))
        ranks.append(1.0 + unrelated)
    return Ranking(
        mean_average_precision=float(np.mean(precisions)),
        mean_rank=float(np.concatenate(ranks).mean()),
        nodes=len(nodes),
    )


def _relatives(tree: Tree, node: int, relation: str) -> Ints:
    if relation == "edges":
        above = tree.parent[node : node + 1]
        return np.concatenate([above[above >= 0], tree.children(node)])
    return tree.ancestor(node, np.arange(1, tree.depth[node] + 1))
