"""What is minimised: embedded distances against the given ones (neural snowflakes, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from geoframe import Objective
from geoframe_snowflake.embedding import GeometryEmbedding

Loss = Literal["log-ratio", "relative", "squared"]

SMALLEST = 1e-12
"""Distance below which the log-ratio loss sees this distance."""


def discrepancy(distances: Tensor, targets: Tensor, loss: Loss) -> Tensor:
    """Mean error of distances ``(p,)`` against targets ``(p,)``, positive unless ``squared``."""
    if loss == "squared":
        return (distances - targets).square().mean()
    if loss == "relative":
        return (distances / targets - 1).square().mean()
    return (distances.clamp_min(SMALLEST) / targets).log().square().mean()


class DistanceObjective(Objective):
    """Loss over pairs of items.

    Parameters
    ----------
    embedding
        The model.
    pairs
        ``(p, 2)`` item indices.
    targets
        ``(p,)`` given distances, positive unless the loss is ``"squared"``.
    loss
        ``"log-ratio"``, ``"relative"`` or ``"squared"``.
    """

    pairs: Tensor
    targets: Tensor

    def __init__(
        self, embedding: GeometryEmbedding, pairs: Tensor, targets: Tensor, loss: Loss
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.loss = loss
        self.register_buffer("pairs", pairs, persistent=False)
        self.register_buffer("targets", targets, persistent=False)

    def __len__(self) -> int:
        return len(self.pairs)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Pair indices ``(b,)`` -> scalar ``loss``."""
        pairs, targets = self.pairs[items], self.targets[items]
        nodes: Tensor | None = None
        if 2 * len(pairs) < len(self.embedding.inputs):  # encode each item once, or all
            nodes, pairs = torch.unique(pairs, return_inverse=True)
        points = self.embedding(nodes)
        x = points.index_select(0, pairs[:, 0])
        y = points.index_select(0, pairs[:, 1])
        return {"loss": discrepancy(self.embedding.distance(x, y), targets, self.loss)}
