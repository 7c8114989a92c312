"""Inner products in bf16, and how wrong they can be."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe_cfdm.engines.base import sharpness
from geoframe_cfdm.engines.points import Points

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
        return torch.mm(z.bfloat16(), self.low.T).float()

    def bound(self, z: Tensor) -> Tensor:
        """Bound ``(b,)`` of the absolute error of :meth:`products`."""
        lost = (z - z.bfloat16().float()).norm(dim=1)
        norm = z.norm(dim=1)
        inputs = lost * self.points.radius + norm * self._worst_gap
        bound: Tensor = inputs + ROUNDING * norm * self.points.radius
        return bound

    def expected_error(self, z: Tensor, t: float, ess: Tensor, mean: Tensor) -> Tensor:
        """Relative error to expect ``(b,)`` of a mean whose weights come from bf16 products.

        Rounding errors of different points are independent, so they average out over the
        effective sample size.

        Parameters
        ----------
        z
            States ``(b, d)``.
        ess
            Effective sample sizes ``(b,)``.
        mean
            The means, roughly ``(b, d)``.
        """
        norm = z.norm(dim=1) / self.points.dim**0.5
        product = norm * self._rms * ROUNDING  # inputs and output, each uniform in +-ROUNDING
        shift = sharpness(t) * product * self._rms / ess.clamp_min(1).sqrt()
        relative: Tensor = shift / mean.norm(dim=1).clamp_min(1e-12)
        return relative


def bf16_is_fast(device: torch.device) -> bool:
    """Whether the hardware multiplies bf16 numbers itself.

    A fact of the machine and not a measurement, so that equal runs stay equal.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return device.type == "cpu" and bool(supported())
