"""What the stress method trains: points, and how far their distances are from the given ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from geoframe import Geometry, Objective

if TYPE_CHECKING:
    import pandas as pd


class Points(nn.Module):
    """``n`` trained points of a geometry."""

    def __init__(self, geometry: Geometry, n: int) -> None:
        super().__init__()
        self.geometry = geometry
        self.raw = nn.Parameter(torch.randn(n, geometry.dim))

    def forward(self) -> Tensor:
        """Points ``(n, point_dim)``."""
        return self.geometry.project(self.raw)


class Discrepancy(Objective):
    """Squared differences of distances; an item is a row of the table."""

    def __init__(self, geometry: Geometry, names: Sequence[str], table: pd.DataFrame) -> None:
        super().__init__()
        self.model = Points(geometry, len(names))
        number = {name: index for index, name in enumerate(names)}
        pairs = [[number[a], number[b]] for a, b in zip(table["a"], table["b"], strict=True)]
        self.register_buffer("pairs", torch.tensor(pairs))
        self.register_buffer(
            "targets", torch.tensor(table["distance"].to_numpy(), dtype=torch.float32)
        )

    def __len__(self) -> int:
        return len(self.pairs)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Mean squared difference over the rows ``items``."""
        points = self.model()
        a, b = self.pairs[items].T
        distances = self.model.geometry.distance(points[a], points[b])
        return {"loss": (distances - self.targets[items]).square().mean()}

    @torch.no_grad()
    def evaluate(self) -> Mapping[str, float]:
        """Kruskal's stress of all rows: 0 is a perfect fit."""
        loss = self(torch.arange(len(self), device=self.pairs.device))["loss"]
        return {"stress": (loss / self.targets.square().mean()).sqrt().item()}
