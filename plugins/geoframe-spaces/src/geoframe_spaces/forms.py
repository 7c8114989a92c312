"""Spaces whose coordinate vectors have a diagonal bilinear form."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from geoframe.geometry import Geometry


class DiagonalForm(Geometry):
    """A geometry with <x, y> = sum_i s_i x_i y_i on coordinate vectors, s_i = 1 or -1.

    Parameters
    ----------
    dim
        Number of free coordinates.
    signature
        The signs s_i, one for each coordinate of a point.
    """

    signature: Tensor

    def __init__(self, dim: int, signature: Sequence[float]) -> None:
        super().__init__(dim)
        self.register_buffer("signature", torch.tensor(signature), persistent=False)

    def inner(self, x: Tensor, y: Tensor) -> Tensor:
        """Bilinear form of ``(..., point_dim)`` vectors -> ``(...)``."""
        return (self.signature * x * y).sum(-1)

    def matrix(self) -> Tensor:
        """Diagonal matrix of the signs ``(point_dim, point_dim)``."""
        return torch.diag(self.signature)
