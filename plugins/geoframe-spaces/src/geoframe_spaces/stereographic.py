"""Space of constant curvature of either sign, stereographic model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from geoframe.geometry import DEFAULT_MEMORY_BUDGET
from geoframe_spaces.ball import SMALLEST, ConformalModel
from geoframe_spaces.blocks import by_rows, euclidean_pairs
from geoframe_spaces.functions import (
    asinc,
    at_least_float32,
    clip_norm,
    norm,
    resolved_radius,
    square,
)

if TYPE_CHECKING:
    import geoopt

FROM_POLE = 1e-2
"""How near :meth:`Stereographic.project` lets points come to the pole of a sphere (radians)."""


class Stereographic(ConformalModel):
    """Points of R^dim with the metric 4 |dp|^2 / (1 + K |p|^2)^2, for any curvature K.

    K < 0 is the Poincaré ball, K > 0 a sphere seen from its pole, K = 0 flat space in half size.
    With s = |p - q| / sqrt((1 + K |p|^2) (1 + K |q|^2)) the distance is 2 asin_K(s), where
    asin_K(s) = asin(sqrt(K) s) / sqrt(K) is analytic in K, so K can be trained through zero.
    Beyond a quarter turn of a sphere the arc is measured from the antipode instead.

    Parameters
    ----------
    dim
        Dimension of the space.
    curvature
        K, at the start if it is trained.
    learnable
        Whether K is trained.

    Raises
    ------
    ValueError
        If ``dim`` is less than 1 or ``curvature`` is not a finite number.
    """

    curvature: Tensor

    def __init__(self, dim: int = 2, *, curvature: float = 0.0, learnable: bool = True) -> None:
        super().__init__(dim)
        if not math.isfinite(curvature):
            raise ValueError(f"curvature must be a finite number, got {curvature}")
        if learnable:
            self.curvature = nn.Parameter(torch.tensor(float(curvature)))
        else:
            self.register_buffer("curvature", torch.tensor(float(curvature)))

    def sectional_curvature(self) -> Tensor:
        """Curvature K."""
        return self.curvature

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Geodesic distance."""
        chord = norm(x - y) / self._gap(x) / self._gap(y)
        return self._length(chord, norm(self._lift(x) + self._lift(y)) / 2)

    def pairwise(
        self, x: Tensor, y: Tensor, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> Tensor:
        """All distances -> ``(n, m)``."""
        gap_y, antipodes = self._gap(y), -self._lift(y)

        def of_rows(rows: Tensor) -> Tensor:
            chord = euclidean_pairs(rows, y) / self._gap(rows).unsqueeze(1) / gap_y
            return self._length(chord, euclidean_pairs(self._lift(rows), antipodes) / 2)

        return by_rows(of_rows, x, len(y), buffers=16, memory_budget=memory_budget)

    def _gap(self, x: Tensor) -> Tensor:
        """sqrt(1 + K |x|^2), kept positive for points that are not inside the ball."""
        inside = 1 + self.curvature * square(x)[..., 0]
        return inside.clamp_min(torch.finfo(x.dtype).eps).sqrt()

    def _lift(self, x: Tensor) -> Tensor:
        """Point of the unit sphere in R^(dim+1) that ``x`` is the picture of; used if K > 0."""
        curvature = self.curvature.clamp_min(SMALLEST)
        scaled = curvature * square(x)
        return torch.cat([1 - scaled, 2 * curvature.sqrt() * x], dim=-1) / (1 + scaled)

    def _length(self, chord: Tensor, cochord: Tensor) -> Tensor:
        """Distance from s = sin_K(d/2) and, for K > 0, cos_K(d/2)."""
        z = self.curvature * chord * chord
        far = z > 0.5
        near_arc = chord * asinc(torch.where(far, 0.0, z))
        sine = torch.where(far, z, 1.0).sqrt()
        root = self.curvature.clamp_min(SMALLEST).sqrt()
        far_arc = torch.atan2(sine, torch.where(far, cochord, 1.0)) / root
        return 2 * torch.where(far, far_arc, near_arc)

    def project(self, raw: Tensor) -> Tensor:
        """Exponential map at the origin of the raw coordinates, within what can be represented.

        Lengths are clipped to 12.9 / sqrt(-K) in float32 and 33 / sqrt(-K) in float64 if K < 0,
        and to (pi - 0.01) / sqrt(K), short of the pole, if K > 0.
        """
        raw = at_least_float32(raw)
        reach = torch.where(self.curvature > 0, math.pi - FROM_POLE, resolved_radius(raw.dtype))
        return self.expmap0(clip_norm(raw, reach / self.curvature.abs().clamp_min(SMALLEST).sqrt()))

    @property
    def manifold(self) -> geoopt.Stereographic:
        """The same space in geoopt, at the present curvature, for its Riemannian optimizers."""
        import geoopt  # compiles helpers on import: about a second

        return geoopt.Stereographic(k=self.curvature.item())

    def extra_repr(self) -> str:
        """Show dimension and curvature in ``repr``."""
        return f"{super().extra_repr()}, curvature={self.curvature.item():.4g}"
