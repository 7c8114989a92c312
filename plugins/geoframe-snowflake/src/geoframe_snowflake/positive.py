"""Matrices with positive entries, trained without constraints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Positivity = Literal["abs", "softplus", "exp", "square"]

POSITIVE: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "abs": (torch.abs, lambda value: value),
    "softplus": (F.softplus, lambda value: value + torch.log(-torch.expm1(-value))),
    "exp": (torch.exp, torch.log),
    "square": (torch.square, torch.sqrt),
}
"""Name -> (map onto the positive numbers, its inverse on them)."""


class PositiveMatrices(nn.Module):
    """Several matrices with positive entries, kept in one trainable vector.

    One vector costs a handful of kernel calls per step for all matrices together, which for
    matrices of 100 entries is most of what they cost at all.

    Parameters
    ----------
    initial
        Start values, positive, each of shape ``(rows, columns)``.
    positive
        How entries are kept positive: ``"abs"``, ``"softplus"``, ``"exp"`` or ``"square"``.
    residual
        If given, |lambda| I is added to each matrix, with one trained lambda per matrix that
        starts here and I the rectangular identity (the published Neural Spacetimes use 0.1).
    """

    identity: Tensor

    def __init__(
        self,
        initial: Sequence[Tensor],
        *,
        positive: Positivity = "abs",
        residual: float | None = None,
    ) -> None:
        super().__init__()
        self.shapes = [tuple(matrix.shape) for matrix in initial]
        self.sizes = [matrix.numel() for matrix in initial]
        self.positive = positive
        flat = torch.cat([matrix.reshape(-1) for matrix in initial])
        self.raw = nn.Parameter(POSITIVE[positive][1](flat.clamp_min(1e-12)))
        self.residual: nn.Parameter | None = None
        if residual is not None:
            self.residual = nn.Parameter(torch.full((len(initial),), residual))
            identity = torch.zeros(len(initial), flat.numel())
            start = 0
            for row, shape, size in zip(identity, self.shapes, self.sizes, strict=True):
                row[start : start + size] = torch.eye(*shape).reshape(-1)
                start += size
            self.register_buffer("identity", identity, persistent=False)

    def forward(self) -> list[Tensor]:
        """Return the matrices for the current parameters."""
        flat = POSITIVE[self.positive][0](self.raw)
        if self.residual is not None:
            flat = flat + self.residual.abs() @ self.identity
        return [
            part.view(shape)
            for part, shape in zip(torch.split(flat, self.sizes), self.shapes, strict=True)
        ]

    def extra_repr(self) -> str:
        """Show the shapes in ``repr``."""
        return f"{self.shapes}, positive={self.positive!r}"
