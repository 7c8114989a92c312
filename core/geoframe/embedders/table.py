"""Lookup-table embedder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from geoframe.embedder import Embedder


class Table(Embedder):
    """One trainable row of raw coordinates per item."""

    inductive = False

    def __init__(self, in_features: int, out_features: int, *, scale: float = 1.0) -> None:
        super().__init__(in_features, out_features)
        self.rows = nn.Parameter(scale * torch.randn(in_features, out_features))

    def forward(self, items: Tensor) -> Tensor:
        """Integer identifiers ``(n,)`` -> raw coordinates ``(n, out_features)``."""
        return self.rows[items]
