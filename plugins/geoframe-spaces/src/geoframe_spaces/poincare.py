"""Hyperbolic space, Poincaré ball model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from geoframe.geometry import DEFAULT_MEMORY_BUDGET
from geoframe_spaces.ball import ConformalModel
from geoframe_spaces.blocks import by_rows, euclidean_pairs
from geoframe_spaces.curvature import Curvature
from geoframe_spaces.functions import (
    at_least_float32,
    clip_norm,
    norm,
    resolved_radius,
    square,
)

if TYPE_CHECKING:
    import geoopt


class PoincareBall(ConformalModel):
    """Points with |p| < 1/sqrt(c), where c = -K and K < 0 is the curvature.

        d(p, q) = 2/sqrt(c) asinh( sqrt(c) |p - q| / sqrt((1 - c |p|^2) (1 - c |q|^2)) )

    Parameters
    ----------
    dim
        Dimension of the space.
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
        super().__init__(dim)
        self.curvature = Curvature(curvature, sign=-1, learnable=learnable)

    def sectional_curvature(self) -> Tensor:
        """Curvature K."""
        curvature: Tensor = self.curvature()
        return curvature

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Geodesic distance."""
        return self._length(norm(x - y), self._gap(x), self._gap(y))

    def pairwise(
        self, x: Tensor, y: Tensor, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> Tensor:
        """All distances -> ``(n, m)``."""
        gap_y = self._gap(y)

        def of_rows(rows: Tensor) -> Tensor:
            return self._length(euclidean_pairs(rows, y), self._gap(rows).unsqueeze(1), gap_y)

        return by_rows(of_rows, x, len(y), buffers=3, memory_budget=memory_budget)

    def _gap(self, x: Tensor) -> Tensor:
        """sqrt(1 - c |x|^2), kept positive for points that are not inside the ball."""
        inside = 1 + self.curvature() * square(x)[..., 0]
        gap: Tensor = inside.clamp_min(torch.finfo(x.dtype).eps).sqrt()
        return gap

    def _length(self, chord: Tensor, gap_x: Tensor, gap_y: Tensor) -> Tensor:
        root = self.curvature.root()
        return 2 * torch.asinh(root * chord / gap_x / gap_y) / root

    def project(self, raw: Tensor) -> Tensor:
        """Exponential map at the origin of the raw coordinates, lengths clipped where digits end.

        The longest tangent vector has length 12.9 / sqrt(c) in float32, 33 / sqrt(c) in float64.
        """
        raw = at_least_float32(raw)
        return self.expmap0(clip_norm(raw, resolved_radius(raw.dtype) / self.curvature.root()))

    @property
    def manifold(self) -> geoopt.PoincareBall:
        """The same space in geoopt, at the present curvature, for its Riemannian optimizers."""
        import geoopt  # compiles helpers on import: about a second

        return geoopt.PoincareBall(c=-self.curvature().item())
