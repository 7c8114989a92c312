"""Sphere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from geoframe.geometry import DEFAULT_MEMORY_BUDGET
from geoframe_spaces.blocks import by_rows, euclidean_pairs
from geoframe_spaces.curvature import Curvature
from geoframe_spaces.forms import DiagonalForm
from geoframe_spaces.functions import at_least_float32, cosc, norm, sinc, square

if TYPE_CHECKING:
    import geoopt


class Sphere(DiagonalForm):
    """Points with |x| = 1/sqrt(K), K > 0, the origin being (1/sqrt(K), 0, ..., 0).

        d(x, y) = 2/sqrt(K) atan2(|x - y|, |x + y|),

    which equals arccos(K x.y) / sqrt(K) and is exact for coincident and antipodal points alike.
    No distance exceeds pi / sqrt(K).

    Parameters
    ----------
    dim
        Dimension of the space; a point has ``dim + 1`` coordinates.
    curvature
        K > 0.
    learnable
        Whether K is trained; it stays positive.

    Raises
    ------
    ValueError
        If ``dim`` is less than 1 or ``curvature`` is not a positive number.
    """

    def __init__(self, dim: int = 2, *, curvature: float = 1.0, learnable: bool = False) -> None:
        super().__init__(dim, [1.0] * (dim + 1))
        self.curvature = Curvature(curvature, sign=1, learnable=learnable)

    @property
    def point_dim(self) -> int:
        """One ambient coordinate more than the dimension."""
        return self.dim + 1

    def sectional_curvature(self) -> Tensor:
        """Curvature K."""
        curvature: Tensor = self.curvature()
        return curvature

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Great-circle distance."""
        return 2 * torch.atan2(norm(x - y), norm(x + y)) / self.curvature.root()

    def pairwise(
        self, x: Tensor, y: Tensor, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> Tensor:
        """All distances -> ``(n, m)``."""

        def of_rows(rows: Tensor) -> Tensor:
            angle = torch.atan2(euclidean_pairs(rows, y), euclidean_pairs(rows, -y))
            return 2 * angle / self.curvature.root()

        return by_rows(of_rows, x, len(y), buffers=3, memory_budget=memory_budget)

    def project(self, raw: Tensor) -> Tensor:
        """Exponential map at the origin of the raw coordinates."""
        return self.expmap0(at_least_float32(raw))

    def expmap0(self, tangent: Tensor) -> Tensor:
        """Point x_0 = cos(sqrt(K) |v|) / sqrt(K), x_rest = sin(sqrt(K) |v|) / (sqrt(K) |v|) v.

        It is at distance |v| from the origin up to |v| = pi / sqrt(K), where it wraps around.
        """
        z = self.curvature() * square(tangent)
        return torch.cat([cosc(z) / self.curvature.root(), sinc(z) * tangent], dim=-1)

    def logmap0(self, x: Tensor) -> Tensor:
        """Shortest tangent vector that :meth:`expmap0` takes to ``x``; 0 for the antipode."""
        rest = x[..., 1:]
        length = torch.where(square(rest) > 0, square(rest), 1.0).sqrt()
        angle = torch.atan2(length, x[..., :1])
        # sin(sqrt(K) |v|) / sqrt(K) = |x_rest| was lost to rounding where x_rest is 0.
        return torch.where(square(rest) > 0, angle / length / self.curvature.root(), 1.0) * rest

    @property
    def manifold(self) -> geoopt.Sphere:
        """The same space in geoopt, for its Riemannian optimizers.

        Raises
        ------
        ValueError
            If the curvature is not 1, since geoopt knows the unit sphere only.
        """
        import geoopt  # compiles helpers on import: about a second

        if self.curvature().item() != 1.0:
            raise ValueError(f"geoopt has no sphere of curvature {self.curvature().item():.4g}")
        return geoopt.Sphere()
