"""Encoders that see a graph: one graph layer, or several."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoframe import Embedder
from geoframe_lgi.latent.edges import Edges
from geoframe_lgi.network.layers import graph_layer


class GraphEncoder(Embedder):
    """Graph layers with ReLU between them, on the graph that was bound last.

    One layer is linear, as in the publication. Rows beyond those of the bound graph, and all rows
    of an unbound encoder, have no edges.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        layer: str = "mean",
        hidden: int = 32,
        layers: int = 1,
    ) -> None:
        super().__init__(in_features, out_features)
        widths = [in_features, *[hidden] * (layers - 1), out_features]
        self.layers = nn.ModuleList(
            graph_layer(layer, wide, narrow) for wide, narrow in pairwise(widths)
        )
        self._pairs = torch.zeros((2, 0), dtype=torch.int64)

    def on_graph(self, edges: Tensor, weights: Tensor | None, features: Tensor | None) -> None:
        """Bind edges ``(e, 2)``; their weights are not used."""
        self._pairs = edges.T.contiguous()

    def forward(self, items: Tensor) -> Tensor:
        """Features of all nodes ``(n, in_features)`` -> raw coordinates ``(n, out_features)``."""
        edges = Edges.of_pairs(len(items), self._pairs.to(items.device))
        x = items
        for depth, layer in enumerate(self.layers):
            x = layer(functional.relu(x) if depth else x, edges)
        return x
