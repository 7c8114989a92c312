"""The model: an embedder of nodes into a spacetime."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from geoframe import Embedder, Geometry


class SpacetimeEmbedding(nn.Module):
    """Nodes as events of a spacetime.

    Parameters
    ----------
    embedder
        Maps a node's input to raw coordinates.
    spacetime
        Geometry with a partial order; its distance is fitted to edge weights.
    inputs
        Input of every node: features ``(n, f)`` or identifiers ``(n,)``.
    ranks
        Closed-form time coordinates ``(n, t)`` that are appended to what the embedder gives;
        None if the embedder gives all coordinates.
    """

    inputs: Tensor
    ranks: Tensor | None
    scale: Tensor

    def __init__(
        self,
        embedder: Embedder,
        spacetime: Geometry,
        inputs: Tensor,
        ranks: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.embedder = embedder
        self.spacetime = spacetime
        self.register_buffer("inputs", inputs, persistent=False)
        self.register_buffer("ranks", ranks)
        self.register_buffer("scale", torch.ones(()))

    def forward(self, nodes: Tensor | None = None) -> Tensor:
        """Points ``(n, point_dim)`` of the given nodes ``(n,)``, or of all."""
        inputs = self.inputs if nodes is None else self.inputs[nodes]
        raw = self.embedder(inputs)
        if self.ranks is not None:
            ranks = self.ranks if nodes is None else self.ranks[nodes]
            raw = torch.cat([raw, ranks], dim=-1)
        return self.spacetime.project(raw)

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Distance of points in the units of the edge weights."""
        return self.scale * self.spacetime.distance(x, y)

    @torch.no_grad()
    def calibrate(self, edges: Tensor, weights: Tensor) -> None:
        """Set the unit of length so that the median distance of the edges is their median weight.

        Does nothing for a geometry whose distances may be negative.
        """
        points = self()
        distances = self.spacetime.distance(points[edges[:, 0]], points[edges[:, 1]])
        median = distances.median()
        if self.spacetime.promise.nonnegative and median > 0:
            self.scale.copy_(weights.median() / median)
