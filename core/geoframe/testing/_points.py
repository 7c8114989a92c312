"""Points to test a geometry on."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe.geometry import Geometry

DTYPES = (torch.float32, torch.float64)
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-8}
"""Relative tolerance; also absolute, for values below 1."""

NEAR, UNIT, FAR = 1e-3, 1.0, 10.0
"""Standard deviations of the raw coordinates."""


def cloud(
    geometry: Geometry,
    n: int,
    scale: float = UNIT,
    dtype: torch.dtype = torch.float32,
    *,
    seed: int = 0,
) -> Tensor:
    """Project ``n`` normal raw vectors of standard deviation ``scale``; no graph is kept."""
    return geometry.project(raw_cloud(geometry, n, scale, dtype, seed=seed)).detach()


def raw_cloud(
    geometry: Geometry,
    n: int,
    scale: float = UNIT,
    dtype: torch.dtype = torch.float32,
    *,
    seed: int = 0,
) -> Tensor:
    """Draw ``n`` raw vectors ``(n, dim)``, the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    raw = torch.randn(n, geometry.dim, generator=generator, dtype=torch.float64)
    return (scale * raw).to(dtype)


def pairs(geometry: Geometry, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Return points near the origin, around it and far away, each paired with each."""
    points = torch.cat([cloud(geometry, 6, scale, dtype) for scale in (NEAR, UNIT, FAR)])
    n = len(points)
    return points.repeat_interleave(n, 0), points.repeat(n, 1)


def close(x: Tensor, y: Tensor, *, factor: float = 1.0) -> bool:
    """Whether ``x`` and ``y`` agree to ``factor`` times the tolerance of their dtype."""
    tolerance = factor * TOLERANCE[y.dtype]
    return torch.allclose(x, y, rtol=tolerance, atol=tolerance)
