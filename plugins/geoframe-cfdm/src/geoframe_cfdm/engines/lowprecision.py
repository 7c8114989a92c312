"""Inner products in bf16, and how wrong they can be."""

from __future__ import annotations

import time
from functools import cache

import torch
from torch import Tensor

from geoframe_cfdm.engines.base import sharpness
from geoframe_cfdm.points import Points

ROUNDING = 2.0**-9
"""Largest relative rounding error of a number in bf16."""


class LowPrecision:
    """Products with all points in bf16, which takes half the memory and a part of the time."""

    def __init__(self, points: Points) -> None:
        low = points.low_precision
        assert low is not None
        self.points, self.low = points, low
        exact = points.all
        assert exact is not None
        gaps = [
            (exact[start : start + 8192] - low[start : start + 8192].float()).norm(dim=1).max()
            for start in range(0, len(points), 8192)
        ]
        self._worst_gap = float(torch.stack(gaps).max())
        self._rms = float(points.half_norms.mean() * 2) ** 0.5

    def products(self, z: Tensor) -> Tensor:
        """``<z, x_i>``, ``(b, N)`` float32, to about three digits."""
        return (z.bfloat16() @ self.low.T).float()

    def bound(self, z: Tensor) -> Tensor:
        """Bound ``(b,)`` of the absolute error of :meth:`products`."""
        lost = (z - z.bfloat16().float()).norm(dim=1)
        norm = z.norm(dim=1)
        inputs = lost * self.points.radius + norm * self._worst_gap
        return inputs + ROUNDING * norm * self.points.radius

    def expected_error(self, z: Tensor, t: float, ess: Tensor) -> Tensor:
        """Relative error to expect ``(b,)`` of a mean whose weights come from bf16 products.

        Rounding errors of different points are independent, so they average out over the
        effective sample size.
        """
        norm = z.norm(dim=1) / self.points.dim**0.5
        product = norm * self._rms * ROUNDING  # inputs and output, each uniform in +-ROUNDING
        return sharpness(t) * product / ess.clamp_min(1).sqrt()


@cache
def bf16_is_fast(device: str) -> bool:
    """Whether bf16 products beat float32 ones on this machine, by a short measurement."""
    left = torch.randn(64, 512, device=device)
    right = torch.randn(4096, 512, device=device)
    seconds = []
    for kind in (torch.float32, torch.bfloat16):
        a, b = left.to(kind), right.to(kind)
        best = float("inf")
        for _ in range(4):
            started = time.perf_counter()
            product = a @ b.T
            float(product[0, 0])  # waits for the device
            best = min(best, time.perf_counter() - started)
        seconds.append(best)
    return seconds[1] < 0.7 * seconds[0]
