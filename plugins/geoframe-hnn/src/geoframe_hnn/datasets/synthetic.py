"""Complete and random trees."""

from __future__ import annotations

from typing import ClassVar

import attrs
import numpy as np

from geoframe.config.fields import option
from geoframe.dataset import Dataset
from geoframe_data.graph import Graph


@attrs.frozen(kw_only=True)
class CompleteTree(Dataset):
    """Tree in which every inner node has the same number of children."""

    provides = "tree"

    component: ClassVar[str] = "geoframe_hnn.datasets.synthetic:CompleteTree"

    branching: int = option(2, ge=1, help="Children of an inner node.")
    depth: int = option(8, ge=0, unit="edges", help="Edges from the root to a leaf.")

    def load(self) -> Graph:
        """Make the tree; nodes are numbered level by level."""
        n = sum(self.branching**level for level in range(self.depth + 1))
        child = np.arange(1, n)
        return _tree((child - 1) // self.branching, "complete tree")


@attrs.frozen(kw_only=True)
class RandomTree(Dataset):
    """Tree in which every node hangs from one of the earlier nodes, drawn at random."""

    provides = "tree"

    component: ClassVar[str] = "geoframe_hnn.datasets.synthetic:RandomTree"

    nodes: int = option(1000, ge=1, help="Number of nodes.")
    seed: int = option(0, ge=0, help="Seed of the random numbers.")
    ratio: float = option(
        1.0, ge=1, help="Longest edge over shortest; lengths are log-uniform between them."
    )

    def load(self) -> Graph:
        """Draw the tree."""
        rng = np.random.default_rng(self.seed)
        parent = np.array([rng.integers(child) for child in range(1, self.nodes)], dtype=np.int64)
        lengths = None
        if self.ratio > 1.0:
            lengths = np.exp(rng.uniform(0.0, np.log(self.ratio), self.nodes - 1))
        return _tree(parent, "random tree", lengths)


def _tree(parent: np.ndarray, origin: str, lengths: np.ndarray | None = None) -> Graph:
    n = len(parent) + 1
    return Graph(
        origin=origin,
        names=tuple(map(str, range(n))),
        edges=np.stack([parent, np.arange(1, n)], axis=1).astype(np.int64),
        weights=lengths,
        directed=True,
    )
