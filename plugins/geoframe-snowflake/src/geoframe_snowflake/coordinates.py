"""Features taken as coordinates: for fitting a geometry to given points."""

from __future__ import annotations

from torch import Tensor

from geoframe import Embedder


class Coordinates(Embedder):
    """Features as coordinates, as they are."""

    def __init__(self, in_features: int) -> None:
        super().__init__(in_features, in_features)

    def forward(self, items: Tensor) -> Tensor:
        """Feature vectors -> the same."""
        return items
