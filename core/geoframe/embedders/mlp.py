"""Multilayer perceptron embedder."""

from __future__ import annotations

from torch import Tensor, nn

from geoframe.embedder import Embedder

ACTIVATIONS = {"silu": nn.SiLU, "relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh}


class MLP(Embedder):
    """Blocks of linear map, optional LayerNorm and nonlinearity, then one linear map."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        hidden: int = 100,
        layers: int = 10,
        norm: str = "layer",
        activation: str = "silu",
    ) -> None:
        super().__init__(in_features, out_features)
        blocks: list[nn.Module] = []
        width = in_features
        for _ in range(layers):
            blocks.append(nn.Linear(width, hidden))
            if norm == "layer":
                blocks.append(nn.LayerNorm(hidden))
            blocks.append(ACTIVATIONS[activation]())
            width = hidden
        self.layers = nn.Sequential(*blocks, nn.Linear(width, out_features))

    def forward(self, items: Tensor) -> Tensor:
        """Feature vectors ``(n, in_features)`` -> raw coordinates ``(n, out_features)``."""
        raw: Tensor = self.layers(items)
        return raw
