"""What the method minimises."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from geoframe import Geometry, Objective


class Gap(Objective):
    """Distance from a trained point to a target."""

    def __init__(self, geometry: Geometry, target: float) -> None:
        super().__init__()
        self.geometry = geometry
        self.point = nn.Parameter(torch.zeros(1, geometry.dim))
        self.register_buffer("target", torch.full((1, geometry.dim), target))

    def __len__(self) -> int:
        return 1

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        points = self.geometry.project(self.point)
        return {"loss": self.geometry.distance(points, self.target).mean()}
