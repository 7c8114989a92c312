"""The geometry: what ``distance`` computes is what the methods see."""

import torch
from geoframe import Geometry
from torch import Tensor, nn


class Taxicab(Geometry):
    """Sum of the coordinates' differences, each times the length of a block along its axis."""

    def __init__(self, *, dim: int = 2, learnable: bool = False) -> None:
        super().__init__(dim)
        self.log_block = nn.Parameter(torch.zeros(dim), requires_grad=learnable)

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Distance of points ``(..., dim)``, broadcast over the leading axes -> ``(...)``."""
        return ((x - y).abs() * self.log_block.exp()).sum(dim=-1)
