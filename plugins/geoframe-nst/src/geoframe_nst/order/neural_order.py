"""The neural partial order: a trained increasing map of the time coordinates."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from geoframe_snowflake.activations import signed_power
from geoframe_snowflake.positive import PositiveMatrices

NEGATIVE_SLOPE = 0.01
"""Slope of the published LeakyReLU for negative numbers."""


class NeuralOrder(nn.Module):
    """Increasing map tau: R^T -> R^T; u precedes v iff tau(u) <= tau(v) in every coordinate.

    ``z_j = V_j phi_j(LeakyReLU(z_{j-1})) + b_j`` with phi_j(x) = sgn(x) |x|^{|s_j|} and
    V_j = |V_raw| + |lambda| I >= 0 (Neural Spacetimes, ICLR 2025, section on the partial order).
    Every step is increasing in every coordinate, so u <= v coordinatewise implies
    tau(u) <= tau(v). phi_j is linear below 1e-6, which keeps its slope at 0 finite.

    Parameters
    ----------
    dim
        Number T of time coordinates.
    layers, hidden
        Number of matrices, and the width between them (at least T for ``"identity"``).
    mixing
        ``"dense"``: the published start, V_raw and b uniform in (0, 1), s = 1/2. All outputs then
        are nearly the same mixture of the inputs, i.e. one common time. ``"identity"``: starts at
        the identity, but for 0.001 of mixture, and has no LeakyReLU, whose slope of 0.01 per layer
        would shut half of the line off; the T coordinates stay apart.
    """

    def __init__(
        self,
        dim: int,
        *,
        layers: int = 4,
        hidden: int = 10,
        mixing: Literal["dense", "identity"] = "dense",
    ) -> None:
        super().__init__()
        self.dim = dim
        self.mixing = mixing
        dense = mixing == "dense"
        hidden = hidden if dense else max(hidden, dim)
        widths = [dim, *[hidden] * (layers - 1), dim]
        shapes = [(rows, columns) for columns, rows in pairwise(widths)]
        mixture = 1.0 if dense else 1e-3 / (layers * hidden)
        self.weights = PositiveMatrices(
            [mixture * torch.rand(shape) for shape in shapes], residual=0.1 if dense else 1.0
        )
        self.exponents = nn.Parameter(torch.full((layers,), 0.5 if dense else 1.0))
        self.biases = nn.ParameterList(
            torch.rand(rows, 1) if dense else torch.zeros(rows, 1) for rows, _ in shapes
        )

    def forward(self, times: Tensor) -> Tensor:
        """Raw time coordinates ``(..., T)`` -> order coordinates ``(..., T)``."""
        columns = times.reshape(-1, self.dim).t()
        exponents = self.exponents.abs().unbind(0)
        for weight, exponent, bias in zip(self.weights(), exponents, self.biases, strict=True):
            if self.mixing == "dense":
                columns = F.leaky_relu(columns, NEGATIVE_SLOPE)
            columns = torch.addmm(bias, weight, signed_power(columns, exponent))
        return columns.t().reshape(times.shape)

    def extra_repr(self) -> str:
        """Show dimension and mixing in ``repr``."""
        return f"dim={self.dim}, mixing={self.mixing!r}"
