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
    """Loss over pairs: their distances, and what the order should say of the edges.

    Parameters
    ----------
    embedding
        The model.
    pairs
        ``(p, 2)`` node indices, of edges u before v.
    targets
        ``(p,)`` positive target distances.
    options
        The ``[nst]`` table.
    order
        Whether the order is trained.
    ordered
        Edges ``(e, 2)`` whose order is trained, drawn for each batch; None where ``pairs`` are the
        edges themselves.
    incomparable
        Source of pairs that must stay unordered (``order_loss = "margin"``).
    times
        Time coordinates ``(n, t)`` that the trained ones are drawn to (``time = "hybrid"``).
    exact_order
        Whether the model's order is that of the graph already.
    """

    part: ClassVar[str | None] = "space"
    embedding: EmbeddedItems
    times: Tensor | None
    ordered: Tensor | None

    def __init__(
        self,
        embedding: EmbeddedItems,
        pairs: Tensor,
        targets: Tensor,
        options: SpacetimeConfig,
        *,
        order: bool,
        ordered: Tensor | None = None,
        incomparable: IncomparablePairs | None = None,
        times: Tensor | None = None,
        exact_order: bool = False,
    ) -> None:
        super().__init__(embedding, pairs, targets, options.loss)
        self.options = options
        self.order = order
        self.incomparable = incomparable
        self.exact_order = exact_order
        self.register_buffer("times", times, persistent=False)
        self.register_buffer("ordered", ordered, persistent=False)

    def further_pairs(self, count: int) -> Tensor | None:
        """Edges ``(count, 2)`` where the pairs are others, then incomparable pairs, if any."""
        drawn = []
        if self.ordered is not None:
            drawn.append(self.ordered[torch.randint(len(self.ordered), (count,))])
        if self.incomparable is not None:
            drawn.append(self.incomparable.sample(round(self.options.negatives * count)))
        return torch.cat(drawn) if drawn else None

    def terms(
        self, x: Tensor, y: Tensor, points: Tensor, further: Tensor, items: Tensor | None
    ) -> Mapping[str, Tensor]:
        """Losses of the order: of the edges, of incomparable pairs, and towards given times."""
        parts: dict[str, Tensor] = {}
        if self.ordered is not None:
            (x, y), further = points[further[: len(x)]].unbind(1), further[len(x) :]
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
