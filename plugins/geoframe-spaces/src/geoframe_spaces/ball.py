"""Spaces of constant curvature in conformal coordinates: what the models of either sign share."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from geoframe.geometry import Geometry
from geoframe_spaces.forms import drawn_isometry
from geoframe_spaces.functions import atanc, clip_norm, square, tanc

SMALLEST = 1e-12
"""Magnitude that stands for smaller curvatures where a root or a quotient is taken."""


class ConformalModel(Geometry):
    """Points of R^dim with the metric 4 |dp|^2 / (1 + K |p|^2)^2, K the sectional curvature."""

    @abstractmethod
    def sectional_curvature(self) -> Tensor:
        """Curvature K."""

    def expmap0(self, tangent: Tensor) -> Tensor:
        """Point tan_K(|v|/2) v/|v|, which is at distance |v| from the origin.

        tan_K(t) = tan(sqrt(K) t) / sqrt(K), which is tanh(sqrt(-K) t) / sqrt(-K) for K < 0. geoopt
        has tan_K(|v|) here, which is at distance 2 |v|.
        """
        return tanc(self.sectional_curvature() * square(tangent) / 4) * tangent / 2

    def logmap0(self, x: Tensor) -> Tensor:
        """Inverse of :meth:`expmap0`."""
        return 2 * atanc(self.sectional_curvature() * square(x)) * x

    @torch.no_grad()
    def isometry(self, generator: torch.Generator) -> Tensor:
        """Draw a rotation Q and where it then takes the origin, a -> ``(dim, dim + 1)``, Q first.

        The origin is moved by at most one radius of curvature, 1 / sqrt(abs(K)).
        """
        curvature = self.sectional_curvature()
        tangent = torch.randn(self.dim, dtype=torch.float64, generator=generator).to(curvature)
        rotation = drawn_isometry(torch.eye(self.dim).to(curvature), generator)
        place = self.expmap0(clip_norm(tangent, curvature.abs().clamp_min(SMALLEST).rsqrt()))
        return torch.cat([rotation, place.unsqueeze(1)], dim=1)

    def act(self, isometry: Tensor, x: Tensor) -> Tensor:
        """a (+) Q x of points ``(..., dim)``, with Moebius addition (Ungar 2008, for any K)."""
        moved = isometry.to(x)
        return mobius_add(moved[:, -1], x @ moved[:, :-1].T, self.sectional_curvature())


def mobius_add(x: Tensor, y: Tensor, curvature: Tensor) -> Tensor:
    """Moebius sum of points ``(..., dim)``: the isometry that takes the origin to x, applied to y.

    x (+) y = ((1 - 2 K <x, y> - K |y|^2) x + (1 + K |x|^2) y)
              / (1 - 2 K <x, y> + K^2 |x|^2 |y|^2)
    """
    inner, of_x, of_y = (x * y).sum(dim=-1, keepdim=True), square(x), square(y)
    cross = 1 - 2 * curvature * inner
    total: Tensor = (cross - curvature * of_y) * x + (1 + curvature * of_x) * y
    return total / (cross + curvature**2 * of_x * of_y)
