"""Hyperbolic space in polar coordinates: a geometry without a rim."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from geoframe.geometry import Geometry

NEAR = 12.0
"""Distance from the origin (curvature -1) up to which points are compared inside the unit ball."""
LEAST = 1e-150
"""Stands for 0 where a logarithm is taken: its square is still a normal float64."""


class HyperbolicPolar(Geometry):
    """A point is its tangent vector at the origin: v stands for exp_o(v), at the distance |v|.

    Nothing is clipped and nothing overflows: |v| may be 1e6. Distances are computed in float64
    from the coordinates as they are given, and returned in their dtype. They solve

        sinh^2(d/2) = sinh^2((r - s)/2) + sinh r sinh s sin^2(angle/2),

    in logarithms when a point is farther out than 12 (at curvature -1), else with the points in
    the unit ball, where the formula is smooth at the origin and at coincident points. What the
    coordinates cannot tell apart, no formula can: directions of float32 are 1e-7 apart, so two
    points at radius r that are closer than about r + log(1e-7) to the same ray count as one ray.

    Parameters
    ----------
    dim
        Dimension of the space.
    curvature
        Sectional curvature, negative.
    """

    def __init__(self, dim: int = 2, *, curvature: float = -1.0) -> None:
        super().__init__(dim)
        if not curvature < 0.0 or not math.isfinite(curvature):
            raise ValueError(f"curvature must be negative, got {curvature}")
        self.curvature = curvature

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Geodesic distance; gradients are finite at every point."""
        root = math.sqrt(-self.curvature)
        x, y = torch.broadcast_tensors(x, y)
        u, v = root * x.double(), root * y.double()
        r, s = _length(u), _length(v)
        near = (r < NEAR) & (s < NEAR)
        # Each branch sees only points of its own: torch.where would pass on NaN gradients.
        here = near.unsqueeze(-1)
        inside = _near(torch.where(here, u, 0.0), torch.where(here, v, 0.0))
        if bool(near.all()):
            found = inside
        else:
            away = torch.zeros_like(u)
            away[..., 0] = 2.0 * NEAR
            found = torch.where(
                near, inside, _far(torch.where(here, away, u), torch.where(here, -away, v))
            )
        return (found / root).to(x.dtype if x.is_floating_point() else torch.float64)

    def sectional_curvature(self) -> Tensor:
        """Curvature K, a scalar."""
        return torch.tensor(self.curvature)

    def expmap0(self, tangent: Tensor) -> Tensor:
        """Tangent vectors at the origin stand for themselves: ``(..., dim)``."""
        return tangent

    def logmap0(self, x: Tensor) -> Tensor:
        """Inverse of :meth:`expmap0`: ``(..., dim)``."""
        return x

    def extra_repr(self) -> str:
        """Show dimension and curvature in ``repr``."""
        return f"dim={self.dim}, curvature={self.curvature:g}"


def _length(v: Tensor) -> Tensor:
    length: Tensor = torch.linalg.vector_norm(v, dim=-1)
    return length


def _near(u: Tensor, v: Tensor) -> Tensor:
    """2 asinh(|p - q| cosh(r/2) cosh(s/2)) with p = tanh(r/2) u/|u|, q likewise."""
    (p, cosh_r), (q, cosh_s) = _ball(u), _ball(v)
    return 2.0 * torch.asinh(_length(p - q) * cosh_r * cosh_s)


def _ball(v: Tensor) -> tuple[Tensor, Tensor]:
    half = 0.5 * _length(v)
    small = half < 1e-4
    safe = torch.where(small, 1.0, half)
    # tanh(h)/(2h), by its series near 0
    ratio = torch.where(small, 0.5 - half * half / 6.0, safe.tanh() / (2.0 * safe))
    return v * ratio.unsqueeze(-1), half.cosh()


def _far(u: Tensor, v: Tensor) -> Tensor:
    r, s = _length(u), _length(v)
    apart = 0.5 * _length(_unit(u, r) - _unit(v, s))
    same = apart < LEAST
    turn = _log_sinh(r) + _log_sinh(s) + 2.0 * torch.where(same, 1.0, apart).log()
    turn = torch.where(same, -math.inf, turn)
    m = 0.5 * torch.logaddexp(2.0 * _log_sinh(0.5 * (r - s).abs()), turn)
    high = m.clamp_min(0.0)
    beyond = high + torch.log1p((1.0 + (-2.0 * high).exp()).sqrt())
    return 2.0 * torch.where(m > 0.0, beyond, m.clamp_max(0.0).exp().asinh())


def _unit(v: Tensor, length: Tensor) -> Tensor:
    return v / torch.where(length > 0.0, length, 1.0).unsqueeze(-1)


def _log_sinh(x: Tensor) -> Tensor:
    safe = x.clamp_min(LEAST)
    return safe + (-torch.expm1(-2.0 * safe)).log() - math.log(2.0)
