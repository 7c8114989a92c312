"""Lookup-table embedder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from geoframe.embedder import Embedder

CODE = 16
"""Length of an item's trained code, from which the correction of its row is computed."""
SMALL = 1e-2
"""Size of the first corrections, so that training starts from the rows."""


class Table(Embedder):
    """One trainable row of raw coordinates per item, and a shared correction of all rows.

    The coordinates of item i are rows[i] + f(code[i]), with a perceptron f of two hidden layers.
    A correction cannot say more than the rows alone, but it moves many items at once, where the
    gradient of a single row sees only the item's own neighbours: a fit of many distances gets
    stuck in fewer bad places.

    Parameters
    ----------
    scale
        Standard deviation of the initial rows.
    hidden
        Width of the layers of f; 0 leaves the correction out.
    """

    inductive = False

    def __init__(
        self, in_features: int, out_features: int, *, scale: float = 1.0, hidden: int = 0
    ) -> None:
        super().__init__(in_features, out_features)
        self.rows = nn.Parameter(scale * torch.randn(in_features, out_features))
        self.codes: nn.Parameter | None = None
        if hidden:
            self.codes = nn.Parameter(torch.randn(in_features, CODE))
            last = nn.Linear(hidden, out_features)
            with torch.no_grad():
                last.weight.mul_(SMALL)
                last.bias.zero_()
            self.correction = nn.Sequential(
                nn.Linear(CODE, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), last
            )

    def forward(self, items: Tensor) -> Tensor:
        """Integer identifiers ``(n,)`` -> raw coordinates ``(n, out_features)``."""
        rows = self.rows[items]
        if self.codes is None:
            return rows
        corrected: Tensor = rows + self.correction(self.codes[items])
        return corrected

    @torch.no_grad()
    def settle(self) -> None:
        """Write the correction into the rows, which are then the coordinates themselves."""
        if self.codes is not None:
            self.rows.add_(self.correction(self.codes))
            for parameter in self.correction[-1].parameters():
                parameter.zero_()
