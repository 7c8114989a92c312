"""Hyperbolic space, hyperboloid (Lorentz) model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from geoframe.geometry import DEFAULT_MEMORY_BUDGET
from geoframe_spaces.blocks import by_rows, euclidean_pairs
from geoframe_spaces.curvature import Curvature
from geoframe_spaces.forms import DiagonalForm
from geoframe_spaces.functions import (
    asinc,
    at_least_float32,
    clip_norm,
    cosc,
    norm,
    resolved_radius,
    sinc,
    square,
)

if TYPE_CHECKING:
    import geoopt


class Hyperboloid(DiagonalForm):
    """Points with <x, x> = 1/K, x_0 > 0, where <x, y> = -x_0 y_0 + x_1 y_1 + ... and K < 0.

    With c = -K and p = sqrt(c) x_rest / (1 + sqrt(c) x_0), the point's place in the unit ball,

        d(x, y) = 2/sqrt(c) asinh( |p - q| sqrt(1 + sqrt(c) x_0) sqrt(1 + sqrt(c) y_0) / 2 ),

    which equals arccosh(K <x, y>) / sqrt(c) but subtracts nothing large from anything large: the
    textbook form loses all digits of a float32 at radius 8, this one keeps what the coordinates
    hold (about eps e^r at radius r).

    Parameters
    ----------
    dim
        Dimension of the space; a point has ``dim + 1`` coordinates.
    curvature
        K < 0.
    learnable
        Whether K is trained; it stays negative.

    Raises
    ------
    ValueError
        If ``dim`` is less than 1 or ``curvature`` is not a negative number.
    """

    def __init__(self, dim: int = 2, *, curvature: float = -1.0, learnable: bool = False) -> None:
        super().__init__(dim, [-1.0, *[1.0] * dim])
        self.curvature = Curvature(curvature, sign=-1, learnable=learnable)

    @property
    def point_dim(self) -> int:
        """One ambient coordinate more than the dimension."""
        return self.dim + 1

    def sectional_curvature(self) -> Tensor:
        """Curvature K."""
        curvature: Tensor = self.curvature()
        return curvature

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Geodesic distance."""
        (p, height_x), (q, height_y) = self._in_ball(x), self._in_ball(y)
        return self._length(norm(p - q), height_x, height_y)

    def pairwise(
        self, x: Tensor, y: Tensor, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> Tensor:
        """All distances -> ``(n, m)``."""
        q, height_y = self._in_ball(y)

        def of_rows(rows: Tensor) -> Tensor:
            p, height = self._in_ball(rows)
            return self._length(euclidean_pairs(p, q), height.unsqueeze(1), height_y)

        return by_rows(of_rows, x, len(y), buffers=3, memory_budget=memory_budget)

    def _in_ball(self, x: Tensor) -> tuple[Tensor, Tensor]:
        root = self.curvature.root()
        above = 1 + root * x[..., :1]
        return root * x[..., 1:] / above, above[..., 0].sqrt()

    def _length(self, chord: Tensor, height_x: Tensor, height_y: Tensor) -> Tensor:
        half = torch.asinh(chord * height_x * height_y / 2)
        return 2 * half / self.curvature.root()

    def project(self, raw: Tensor) -> Tensor:
        """Exponential map at the origin of the raw coordinates, lengths clipped where digits end.

        The longest tangent vector has length 12.9 / sqrt(c) in float32, 33 / sqrt(c) in float64.
        """
        raw = at_least_float32(raw)
        return self.expmap0(clip_norm(raw, resolved_radius(raw.dtype) / self.curvature.root()))

    def expmap0(self, tangent: Tensor) -> Tensor:
        """Point at distance |v| from the origin in direction v: ``(..., dim)`` -> ``(..., dim+1)``.

        x_0 = cosh(sqrt(c) |v|) / sqrt(c), x_rest = sinh(sqrt(c) |v|) / (sqrt(c) |v|) v.
        """
        z = self.curvature() * square(tangent)
        return torch.cat([cosc(z) / self.curvature.root(), sinc(z) * tangent], dim=-1)

    def logmap0(self, x: Tensor) -> Tensor:
        """Inverse of :meth:`expmap0`: ``(..., dim+1)`` -> ``(..., dim)``."""
        rest = x[..., 1:]
        return asinc(self.curvature() * square(rest)) * rest

    @property
    def manifold(self) -> geoopt.Lorentz:
        """The same space in geoopt, at the present curvature, for its Riemannian optimizers."""
        import geoopt  # compiles helpers on import: about a second

        return geoopt.Lorentz(k=-1 / self.curvature().item())
