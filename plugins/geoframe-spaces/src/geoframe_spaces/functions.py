"""Numerically safe functions that the spaces share.

The trigonometric functions of constant curvature depend on z = K r^2 (K curvature, r length)
alone and are analytic there: ``sinc(z)`` is sin(sqrt z) / sqrt z for z > 0, which goes on as
sinh(sqrt -z) / sqrt -z for z < 0. Near zero a power series takes over, so values and gradients
are exact on both sides and at zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

SERIES_BELOW = 1e-2
"""|z| below which the series are used; their eight terms are exact to float64 there."""

SINC = [(-1) ** n / math.factorial(2 * n + 1) for n in range(8)]
COSC = [(-1) ** n / math.factorial(2 * n) for n in range(8)]
TANC = [1, 1 / 3, 2 / 15, 17 / 315, 62 / 2835, 1382 / 155925, 21844 / 6081075, 929569 / 638512875]
ASINC = [1, 1 / 6, 3 / 40, 5 / 112, 35 / 1152, 63 / 2816, 231 / 13312, 143 / 10240]
ATANC = [(-1) ** n / (2 * n + 1) for n in range(8)]


def _of_square(
    z: Tensor,
    positive: Callable[[Tensor], Tensor],
    negative: Callable[[Tensor], Tensor],
    series: Sequence[float],
) -> Tensor:
    # Each branch sees only arguments of its own domain: torch.where would pass NaN gradients on.
    above = torch.where(z > SERIES_BELOW, z, 0.25).sqrt()
    below = torch.where(z < -SERIES_BELOW, -z, 0.25).sqrt()
    near = torch.where(z.abs() <= SERIES_BELOW, z, 0.0)
    sum_ = torch.full_like(near, series[-1])
    for coefficient in reversed(series[:-1]):
        sum_ = sum_ * near + coefficient
    far = torch.where(z > 0, positive(above), negative(below))
    return torch.where(z.abs() <= SERIES_BELOW, sum_, far)


def sinc(z: Tensor) -> Tensor:
    """sin(sqrt z) / sqrt z, continued to negative z."""
    return _of_square(z, lambda r: r.sin() / r, lambda r: r.sinh() / r, SINC)


def cosc(z: Tensor) -> Tensor:
    """cos(sqrt z), continued to negative z."""
    return _of_square(z, torch.cos, torch.cosh, COSC)


def tanc(z: Tensor) -> Tensor:
    """tan(sqrt z) / sqrt z, continued to negative z."""
    return _of_square(z, lambda r: r.tan() / r, lambda r: r.tanh() / r, TANC)


def asinc(z: Tensor) -> Tensor:
    """asin(sqrt z) / sqrt z for z < 1, continued to negative z."""
    return _of_square(z, lambda r: r.asin() / r, lambda r: r.asinh() / r, ASINC)


def atanc(z: Tensor) -> Tensor:
    """atan(sqrt z) / sqrt z, continued to z > -1."""
    return _of_square(z, lambda r: r.atan() / r, lambda r: r.atanh() / r, ATANC)


def square(x: Tensor) -> Tensor:
    """Sum of squares over the last axis, which is kept: ``(..., d)`` -> ``(..., 1)``."""
    return (x * x).sum(-1, keepdim=True)


def norm(x: Tensor) -> Tensor:
    """Euclidean norm over the last axis; its gradient at zero is zero."""
    length: Tensor = torch.linalg.vector_norm(x, dim=-1)
    return length


def at_least_float32(x: Tensor) -> Tensor:
    """Lift half precisions, which mixed-precision encoders put out, to float32."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def resolved_radius(dtype: torch.dtype) -> float:
    """Radius (at curvature -1) up to which a dtype tells points apart to about 0.03.

    Points at radius r crowd into the last e^-r of the directions and of the ball, so rounding
    moves them by about eps e^r: 12.9 for float32, 33 for float64.
    """
    return -math.log(torch.finfo(dtype).eps) - 3.0


def clip_norm(v: Tensor, radius: Tensor) -> Tensor:
    """Shorten vectors ``(..., d)`` that are longer than ``radius`` to that length."""
    squared = square(v)
    outside = squared > radius * radius
    length = torch.where(outside, squared, 1.0).sqrt()
    return torch.where(outside, v * (radius / length), v)


def signed_root(squared: Tensor) -> Tensor:
    """sign(s) sqrt(|s|), made linear for |s| < 1e-8 so that its slope stays below 1e4."""
    tiny = squared.abs() < 1e-8
    root = torch.where(tiny, 1.0, squared.abs()).sqrt()
    return torch.where(tiny, squared * 1e4, squared.sign() * root)
