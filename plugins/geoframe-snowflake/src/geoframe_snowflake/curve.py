"""A power of the Euclidean distance that starts with a finite slope or with a jump."""

from __future__ import annotations

import math
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from geoframe.geometry import Geometry, Promise


@runtime_checkable
class JointlyFitted(Protocol):
    """A geometry whose curve :func:`geoframe_snowflake.joint.fit_jointly` finds with the points."""

    def set_curve(self, exponent: float, offset: float, jump: float) -> None:
        """Take the curve that was found."""
        ...


class SnowflakeCurve(Geometry):
    """d(x, y) = f(|x - y|) with f(r) = c + (r + e)^q - e^q for r > 0, and f(0) = 0.

    Three numbers, which the fit of few coordinates finds together with the points
    (:mod:`geoframe_snowflake.joint`). For q <= 1 it is a metric. For q > 1 the power part is
    convex, and the triangle inequality holds up to K = 2^(q - 1).

    Parameters
    ----------
    dim
        Number of coordinates.
    exponent
        q > 0, at the start if a trainer fits it.
    offset
        e > 0, in the unit of the coordinates: below it the power is nearly linear.
    jump
        c >= 0: the least distance of two different points.
    """

    offset: Tensor
    jump: Tensor

    def __init__(
        self, dim: int = 2, *, exponent: float = 1.0, offset: float = 0.01, jump: float = 0.0
    ) -> None:
        super().__init__(dim)
        if not (exponent > 0 and offset > 0 and jump >= 0):
            raise ValueError(
                f"need exponent > 0, offset > 0 and jump >= 0, got {exponent}, {offset}, {jump}"
            )
        self.log_exponent = nn.Parameter(torch.tensor(math.log(exponent)))
        self.register_buffer("offset", torch.tensor(float(offset)))
        self.register_buffer("jump", torch.tensor(float(jump)))

    @property
    def exponent(self) -> Tensor:
        """The current q, a scalar."""
        return self.log_exponent.exp()

    @property
    def promise(self) -> Promise:
        """A metric up to K = max(1, 2^(q - 1))."""
        return Promise(relaxation=2.0 ** max(0.0, float(self.exponent.detach()) - 1.0))

    def profile(self, t: Tensor) -> Tensor:
        """The function f, element by element: nonnegative ``(...)`` -> ``(...)``."""
        q = self.exponent
        power = (t + self.offset) ** q - self.offset**q
        return power + torch.where(t > 0, self.jump, 0.0)

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Distance of points ``(..., dim)``, broadcast -> ``(...)``; exactly 0 at x = y."""
        return self.profile(torch.linalg.vector_norm(x - y, dim=-1))

    def set_curve(self, exponent: float, offset: float, jump: float) -> None:
        """Take other numbers."""
        with torch.no_grad():
            self.log_exponent.fill_(math.log(exponent))
            self.offset.fill_(offset)
            self.jump.fill_(jump)

    def extra_repr(self) -> str:
        """Show the dimension and the curve in ``repr``."""
        exponent, jump = float(self.exponent.detach()), float(self.jump)
        return f"dim={self.dim}, exponent={exponent:.3g}, jump={jump:.3g}"
