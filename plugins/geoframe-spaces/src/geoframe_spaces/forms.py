"""Spaces whose coordinate vectors have a diagonal bilinear form."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from geoframe.geometry import Geometry

LARGEST_CONDITION = 10.0
"""Condition number up to which isometries are drawn."""


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

    def isometry(self, generator: torch.Generator) -> Tensor:
        """Draw S with S^T M S = M ``(point_dim, point_dim)``, as :func:`drawn_isometry` does."""
        return drawn_isometry(self.matrix(), generator)

    def act(self, isometry: Tensor, x: Tensor) -> Tensor:
        """S x of points ``(..., point_dim)``."""
        return x @ isometry.to(x).T


@torch.no_grad()
def drawn_isometry(matrix: Tensor, generator: torch.Generator) -> Tensor:
    """Draw S with S^T M S = M ``(n, n)``, connected with the identity and well conditioned.

    S is the product of the reflections 1 - 2 v v^T M / (v^T M v) in two random vectors whose
    squares have the same sign, so it changes neither the sheet of a hyperboloid nor the sense of
    time. It is drawn again until its condition number, the square of the factor by which a boost
    stretches, is at most ``LARGEST_CONDITION``.

    Parameters
    ----------
    matrix
        Symmetric M, not zero, of any signature.
    generator
        On the CPU.
    """
    exact = matrix.detach().double().cpu()
    unit = torch.eye(len(exact), dtype=torch.float64)
    while True:
        vectors = torch.randn(2, len(exact), dtype=torch.float64, generator=generator)
        duals = vectors @ exact
        squares = (vectors * duals).sum(dim=1)
        if squares.prod() <= 0:
            continue
        outer = vectors.unsqueeze(2) * (duals / squares.unsqueeze(1)).unsqueeze(1)
        one, other = unit - 2 * outer
        s: Tensor = one @ other
        if torch.linalg.cond(s) <= LARGEST_CONDITION:
            return s.to(matrix)
