"""A directed graph as the layers of a network see it."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import torch
from torch import Tensor

from geoframe import DataError


@attrs.frozen(kw_only=True, eq=False)
class Edges:
    """Edges source -> target among ``nodes`` nodes.

    Where every node has the same number k of in-edges, ``neighbors`` holds them and a mean over
    them is a gather; otherwise ``sources`` and ``targets`` do.
    """

    nodes: int
    sources: Tensor
    """``(e,)``, sorted by target."""
    targets: Tensor
    """``(e,)``."""
    neighbors: Tensor | None = None
    """``(nodes, k)`` sources of every node."""

    @classmethod
    def regular(cls, neighbors: Tensor) -> Edges:
        """Edges from the k sources ``(n, k)`` of every node."""
        n, k = neighbors.shape
        targets = torch.arange(n, device=neighbors.device).repeat_interleave(k)
        return cls(nodes=n, sources=neighbors.reshape(-1), targets=targets, neighbors=neighbors)

    @classmethod
    def of_pairs(cls, nodes: int, pairs: Tensor) -> Edges:
        """Edges of columns source, target ``(2, e)``, in any order."""
        order = torch.argsort(pairs[1], stable=True)
        return cls(nodes=nodes, sources=pairs[0, order], targets=pairs[1, order])

    @property
    def index(self) -> Tensor:
        """``edge_index`` of PyTorch Geometric, ``(2, e)``."""
        return torch.stack([self.sources, self.targets])

    def mean(self, x: Tensor) -> Tensor:
        """Mean of ``x`` ``(nodes, d)`` over the sources of each node; 0 where there are none."""
        if self.neighbors is not None:
            return x[self.neighbors].mean(dim=1)
        return self._total(x) / self._degree(x).clamp_min(1)

    def around(self, x: Tensor) -> Tensor:
        """Mean of ``x`` ``(nodes, d)`` over each node and its sources."""
        if self.neighbors is not None:
            k = self.neighbors.shape[1]
            return (k * self.mean(x) + x) / (k + 1)
        return (self._total(x) + x) / (self._degree(x) + 1)

    def _total(self, x: Tensor) -> Tensor:
        return x.new_zeros(self.nodes, x.shape[1]).index_add(0, self.targets, x[self.sources])

    def _degree(self, x: Tensor) -> Tensor:
        """In-degree of each node ``(nodes, 1)``."""
        ones = x.new_ones(self.targets.shape[0], 1)
        return x.new_zeros(self.nodes, 1).index_add(0, self.targets, ones)

    def homophily(self, labels: Tensor) -> float | None:
        """Share of edges that join equal labels ``(nodes,)``, -1 meaning unknown; None if none."""
        first, second = labels[self.sources], labels[self.targets]
        known = (first >= 0) & (second >= 0)
        if not known.any():
            return None
        return float((first == second)[known].double().mean())


@attrs.frozen(kw_only=True, eq=False)
class DenseEdges:
    """Weights of every pair of nodes, each row summing to 1."""

    weights: Tensor
    """``(nodes, sources)``."""

    def around(self, x: Tensor) -> Tensor:
        """Weighted mean of ``x`` ``(sources, d)`` -> ``(nodes, d)``."""
        return self.weights @ x


def shares_of(graphs: Iterable[Edges | DenseEdges]) -> dict[tuple[int, int], float]:
    """Edges (source, target) of drawn graphs, and the share of the graphs that hold each.

    Raises
    ------
    DataError
        If a graph weighs all pairs.
    """
    counts: dict[tuple[int, int], int] = {}
    total = 0
    for edges in graphs:
        if isinstance(edges, DenseEdges):
            raise DataError("the continuous module weighs all pairs; there is no list of edges")
        total += 1
        for pair in zip(edges.sources.tolist(), edges.targets.tolist(), strict=True):
            counts[pair] = counts.get(pair, 0) + 1
    return {pair: count / total for pair, count in counts.items()}
