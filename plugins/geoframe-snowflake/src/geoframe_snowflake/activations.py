"""Activations that keep a network monotone, zero at zero, and its gradients finite.

A power |x|^a with a < 1 has an infinite slope at 0. Here every power is linear on |x| < floor
and exact from there on, joined continuously. That keeps three properties exact which a shifted
power (|x| + eps)^a only approximates: f(0) = 0, monotony, and concavity where a <= 1.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

FLOOR = 1e-6
"""Default magnitude below which a power is linear."""


Irregular = Literal["power-of-log", "log-of-power"]
"""The third part of the activation: log(1 + u)^b, or log(1 + u^b)."""


def signed_power(
    x: Tensor, small: Tensor, large: Tensor | None = None, *, floor: float = FLOOR
) -> Tensor:
    """Signed power with one exponent inside the unit interval and another one outside.

    sigma_{s,l}(x) = sgn(x) |x|^s for |x| < 1, sgn(x) |x|^l for |x| >= 1 (Neural Spacetimes,
    ICLR 2025, section on the metric); odd, continuous and increasing.

    It is computed as ``x * 2^((l - 1) L + (s - l) min(L, 0))``, ``L = log2 max(|x|, floor)``: one
    logarithm and one exponential instead of two powers and a selection. An exponent of 1 returns
    ``x`` exactly, and no power of a denormal number is ever taken.

    Parameters
    ----------
    x
        Any shape.
    small, large
        Exponents ``s`` and ``l``, positive scalars; ``large`` is ``small`` if left out.
    floor
        Magnitude, positive and at most 1, below which the function is linear.
    """
    log = torch.log2(x.abs().clamp_min(floor))
    if large is None:
        return x * torch.exp2((small - 1) * log)
    return x * torch.exp2(torch.addcmul((large - 1) * log, log.clamp_max(0), small - large))


def unsigned_power(x: Tensor, exponent: Tensor, *, floor: float = FLOOR) -> Tensor:
    """Power x^e of nonnegative ``x``: :func:`signed_power` without the cost of signs.

    Parameters
    ----------
    x
        Nonnegative, any shape.
    exponent
        Positive scalar.
    floor
        Magnitude, positive and at most 1, below which the function is linear.
    """
    return x * torch.exp2((exponent - 1) * torch.log2(x.clamp_min(floor)))


def fractal_components(
    u: Tensor,
    a: Tensor,
    b: Tensor,
    *,
    irregular: Irregular = "power-of-log",
    floor: float = FLOOR,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the three parts of the snowflake activation psi_{a,b}.

    psi_{a,b}(u) = (1 - e^{-u}, u^a, log(1 + u)^b): the bounded, the fractal and the
    irregular-fractal part (Neural Snowflakes, ICLR 2024, the snowflake activation). Each is
    0 at 0, increasing and concave, so that sums and compositions are metrics of metrics. The
    paper takes |u|; a network with positive weights never meets another u.

    Parameters
    ----------
    u
        Nonnegative, any shape.
    a, b
        Exponents in (0, 1], scalars. b = 0 is excluded: it would give log(1 + 0)^0 = 1 at 0.
    irregular
        ``"log-of-power"`` takes log(1 + u^b) for the third part, the other reading of the paper.
    """
    if irregular == "power-of-log":
        third = unsigned_power(torch.log1p(u), b, floor=floor)
    else:
        third = torch.log1p(unsigned_power(u, b, floor=floor))
    return -torch.expm1(-u), unsigned_power(u, a, floor=floor), third
