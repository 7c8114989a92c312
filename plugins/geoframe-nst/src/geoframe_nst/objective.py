"""What is minimised: distances against weights, order against edges (nst paper, section 3)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from geoframe import Objective
from geoframe_nst.config import SpacetimeConfig
from geoframe_nst.embedding import SpacetimeEmbedding
from geoframe_nst.incomparable import IncomparablePairs

SHARPNESS = 10.0
"""Slope of the published sigmoid, and inverse width of the margin, of the order losses."""
SMALLEST = 1e-12
"""Distance below which the log-ratio loss sees this distance."""


class SpacetimeObjective(Objective):
    """Loss over edges.

    Parameters
    ----------
    embedding
        The model.
    edges
        ``(e, 2)`` node indices, u before v.
    weights
        ``(e,)`` positive target distances.
    options
        The ``[nst]`` table.
    order
        Whether the order is trained.
    incomparable
        Source of pairs that must stay unordered (``order_loss = "margin"``).
    targets
        Time coordinates ``(n, t)`` that the trained ones are drawn to (``time = "hybrid"``).
    """

    edges: Tensor
    weights: Tensor
    targets: Tensor | None

    def __init__(
        self,
        embedding: SpacetimeEmbedding,
        edges: Tensor,
        weights: Tensor,
        options: SpacetimeConfig,
        *,
        order: bool,
        incomparable: IncomparablePairs | None = None,
        targets: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.options = options
        self.order = order
        self.incomparable = incomparable
        self.register_buffer("edges", edges, persistent=False)
        self.register_buffer("weights", weights, persistent=False)
        self.register_buffer("targets", targets, persistent=False)

    def __len__(self) -> int:
        return len(self.edges)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Edge indices ``(b,)`` -> total ``loss`` and its parts."""
        edges, weights = self.edges[items], self.weights[items]
        pairs = self._incomparable(len(items)).to(edges.device)
        nodes, ends = self._nodes(torch.cat([edges, pairs]))
        points = self.embedding(nodes)
        x = points.index_select(0, ends[: len(edges), 0])
        y = points.index_select(0, ends[: len(edges), 1])
        parts = {"space": self._space(self.embedding.distance(x, y), weights)}
        if self.order:
            parts["time"] = self._time(self.embedding.spacetime.order_gap(x, y))  # type: ignore[operator]
        if len(pairs):
            apart = points[ends[len(edges) :]]
            parts["apart"] = self._apart(apart[:, 0], apart[:, 1])
        if self.targets is not None:
            t = self.targets.shape[1]
            parts["towards"] = F.mse_loss(points[:, -t:], self._select(self.targets, nodes))
        return {"loss": torch.stack(list(parts.values())).sum(), **parts}

    def _nodes(self, pairs: Tensor) -> tuple[Tensor | None, Tensor]:
        """Nodes to encode, each once, and the pairs as positions among them."""
        if 2 * len(pairs) >= len(self.embedding.inputs):
            return None, pairs
        nodes, ends = torch.unique(pairs, return_inverse=True)
        return nodes, ends

    @staticmethod
    def _select(values: Tensor, nodes: Tensor | None) -> Tensor:
        return values if nodes is None else values[nodes]

    def _incomparable(self, edges: int) -> Tensor:
        if self.incomparable is None:
            return torch.empty((0, 2), dtype=torch.int64)
        return self.incomparable.sample(round(self.options.negatives * edges))

    def _space(self, distances: Tensor, weights: Tensor) -> Tensor:
        if self.options.loss == "squared":
            return (distances - weights).square().mean()
        return (distances.clamp_min(SMALLEST) / weights).log().square().mean()

    def _time(self, gaps: Tensor) -> Tensor:
        """Penalty on gaps ``(b, t)`` of edges, none of which should be positive."""
        if self.options.order_loss == "margin":
            return _hinge(gaps)
        with torch.no_grad():
            correct = (gaps <= 0).all(dim=-1).float().mean()
        # The published code weighs by the share of edges that are still wrong.
        return torch.sigmoid(SHARPNESS * gaps).mean() * (1.0 - correct)

    def _apart(self, x: Tensor, y: Tensor) -> Tensor:
        """Penalty on incomparable pairs: some coordinate must rise, and some must fall."""
        gaps = self.embedding.spacetime.order_gap(x, y)  # type: ignore[operator]
        rises, falls = gaps.amax(dim=-1), (-gaps).amax(dim=-1)
        return _hinge(-torch.stack([rises, falls]))


def _hinge(gaps: Tensor) -> Tensor:
    """Mean smooth hinge at a margin of 1 / SHARPNESS.

    Unlike the published sigmoid it keeps its slope however wrong a gap is, so that no edge gets
    stuck on the wrong side.
    """
    return F.softplus(SHARPNESS * gaps + 1.0).mean() / SHARPNESS
