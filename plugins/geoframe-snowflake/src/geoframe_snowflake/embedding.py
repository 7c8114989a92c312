"""The model: an embedder of items into a geometry."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from geoframe import Embedder, Geometry

BLOCK_BYTES = 32 * 2**20
"""Bytes of the points of pairs whose distances are computed at a time."""


class Coordinates(Embedder):
    """Features as coordinates, as they are: for fitting a geometry to given points."""

    def __init__(self, in_features: int) -> None:
        super().__init__(in_features, in_features)

    def forward(self, items: Tensor) -> Tensor:
        """Feature vectors -> the same."""
        return items


class GeometryEmbedding(nn.Module):
    """Items as points of a geometry.

    Parameters
    ----------
    embedder
        Maps an item's input to raw coordinates.
    geometry
        The space.
    inputs
        Input of every item: features ``(n, f)`` or identifiers ``(n,)``.
    """

    inputs: Tensor
    scale: Tensor

    def __init__(self, embedder: Embedder, geometry: Geometry, inputs: Tensor) -> None:
        super().__init__()
        self.embedder = embedder
        self.geometry = geometry
        self.register_buffer("inputs", inputs, persistent=False)
        self.register_buffer("scale", torch.ones(()))

    def forward(self, items: Tensor | None = None) -> Tensor:
        """Points ``(n, point_dim)`` of the given items ``(n,)``, or of all."""
        return self.geometry.project(self.raw(items))

    def raw(self, items: Tensor | None = None) -> Tensor:
        """Raw coordinates ``(n, dim)`` of the given items ``(n,)``, or of all."""
        raw: Tensor = self.embedder(self.inputs if items is None else self.inputs[items])
        return raw

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Distance of points in the units of the data."""
        return self.scale * self.geometry.distance(x, y)

    @torch.no_grad()
    def distances(self, pairs: Tensor, points: Tensor | None = None) -> Tensor:
        """Distances of item pairs ``(p, 2)`` -> ``(p,)``, a block at a time, without gradient."""
        points = self() if points is None else points
        block_size = max(1, BLOCK_BYTES // (points.shape[1] * points.element_size()))
        blocks = [
            self.distance(points[block[:, 0]], points[block[:, 1]])
            for block in torch.split(pairs, block_size)
        ]
        return torch.cat(blocks) if blocks else points.new_zeros(0)
