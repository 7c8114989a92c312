"""The taxicab geometry: distances along the streets of a city laid out as a grid."""

import torch
from torch import Tensor, nn

from geoframe import Geometry


class Taxicab(Geometry):
    """Sum of coordinate differences, each times the length of a block along that axis.

    Parameters
    ----------
    dim
        Number of coordinates.
    learnable
        Whether the lengths of the blocks, 1 at first, are trained; they stay positive.
    """

    def __init__(self, dim: int = 2, *, learnable: bool = False) -> None:
        super().__init__(dim)
        self.log_block = nn.Parameter(torch.zeros(dim), requires_grad=learnable)

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Distance of points ``(..., dim)``, broadcast over the leading axes -> ``(...)``."""
        return ((x - y).abs() * self.log_block.exp()).sum(dim=-1)
