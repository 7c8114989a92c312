"""Curvature as a constant or a parameter."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Curvature(nn.Module):
    """A curvature that keeps its sign, fixed or trained through the log of its magnitude.

    Parameters
    ----------
    value
        The curvature, at the start if it is trained.
    sign
        -1 or 1; ``value`` must agree.
    learnable
        Whether it is trained.

    Raises
    ------
    ValueError
        If ``value`` is not a finite number of that sign.
    """

    log_magnitude: Tensor

    def __init__(self, value: float, *, sign: int, learnable: bool) -> None:
        super().__init__()
        if not value * sign > 0 or not math.isfinite(value):
            raise ValueError(
                f"curvature must be {'positive' if sign > 0 else 'negative'}, got {value}"
            )
        self.sign = sign
        log_magnitude = torch.tensor(math.log(abs(value)))
        if learnable:
            self.log_magnitude = nn.Parameter(log_magnitude)
        else:
            self.register_buffer("log_magnitude", log_magnitude)

    def forward(self) -> Tensor:
        """Curvature, a scalar tensor."""
        return self.sign * self.log_magnitude.exp()

    def root(self) -> Tensor:
        """Square root of the magnitude: what lengths are multiplied by to get to curvature +-1."""
        return (0.5 * self.log_magnitude).exp()

    def extra_repr(self) -> str:
        """Show the value in ``repr``."""
        kind = "trained" if isinstance(self.log_magnitude, nn.Parameter) else "fixed"
        return f"{self().item():.4g}, {kind}"
