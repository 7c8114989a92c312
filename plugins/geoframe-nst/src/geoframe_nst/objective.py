"""What is minimised: distances against weights, order against edges (nst paper, section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from geoframe import PartialOrder, capability
from geoframe_embedding.embedding import EmbeddedItems
from geoframe_embedding.objective import PairObjective
from geoframe_nst.config import SpacetimeConfig
from geoframe_nst.order.incomparable import IncomparablePairs

SHARPNESS = 10.0
"""Slope of the published sigmoid, and inverse width of the margin, of the order losses."""


class SpacetimeObjective(PairObjective):
    """Loss over edges: their distances, and what the order should say of them.

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

    part: ClassVar[str | None] = "space"
    embedding: EmbeddedItems
    times: Tensor | None

    def __init__(
        self,
        embedding: EmbeddedItems,
        edges: Tensor,
        weights: Tensor,
        options: SpacetimeConfig,
        *,
        order: bool,
        incomparable: IncomparablePairs | None = None,
        targets: Tensor | None = None,
    ) -> None:
        super().__init__(embedding, edges, weights, options.loss)
        self.options = options
        self.order = order
        self.incomparable = incomparable
        self.register_buffer("times", targets, persistent=False)

    def further_pairs(self, count: int) -> Tensor | None:
        """Incomparable pairs ``(q, 2)``, if any are to be drawn."""
        if self.incomparable is None:
            return None
        return self.incomparable.sample(round(self.options.negatives * count))

    def terms(
        self, x: Tensor, y: Tensor, points: Tensor, further: Tensor, items: Tensor | None
    ) -> Mapping[str, Tensor]:
        """Losses of the order: of the edges, of incomparable pairs, and towards given times."""
        parts: dict[str, Tensor] = {}
        if self.order:
            parts["time"] = self._time(self._gaps(x, y))
        if len(further):
            apart = points[further]
            parts["apart"] = self._apart(apart[:, 0], apart[:, 1])
        if self.times is not None:
            wanted = self.times if items is None else self.times[items]
            parts["towards"] = F.mse_loss(points[:, -wanted.shape[1] :], wanted)
        return parts

    def _gaps(self, x: Tensor, y: Tensor) -> Tensor:
        order = capability(self.embedding.geometry, PartialOrder)
        assert order is not None  # only spacetimes are trained here
        return order.order_gap(x, y)

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
        gaps = self._gaps(x, y)
        rises, falls = gaps.amax(dim=-1), (-gaps).amax(dim=-1)
        return _hinge(-torch.stack([rises, falls]))


def _hinge(gaps: Tensor) -> Tensor:
    """Mean smooth hinge at a margin of 1 / SHARPNESS.

    Unlike the published sigmoid it keeps its slope however wrong a gap is, so that no edge gets
    stuck on the wrong side.
    """
    return F.softplus(SHARPNESS * gaps + 1.0).mean() / SHARPNESS
