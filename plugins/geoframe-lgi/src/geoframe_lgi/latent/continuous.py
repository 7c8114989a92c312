"""The continuous graph module: a dense, weighted graph that ordinary gradients train."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoframe import Embedder, Geometry
from geoframe_lgi.latent.edges import DenseEdges
from geoframe_lgi.latent.sample import Sample
from geoframe_lgi.sampling.race import Race

START_SLOPE, START_THRESHOLD = 1.0, 0.5
LARGEST = 0.9
"""Largest absolute raw coordinate after the first standardisation."""


class ContinuousGraphModule(nn.Module):
    """Weights a_ij = sigmoid(t (|T| - D(x_i, x_j))), with t and T trained (dense: O(n^2)).

    Raw coordinates are centred and scaled once, at the first forward, and so from then on.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, encoder: Embedder, geometry: Geometry, race: Race) -> None:
        super().__init__()
        self.encoder = encoder
        self.geometry = geometry
        self.race = race
        self.slope = nn.Parameter(torch.tensor(START_SLOPE))
        self.threshold = nn.Parameter(torch.tensor(START_THRESHOLD))
        self.register_buffer("mean", torch.zeros(geometry.dim))
        self.register_buffer("scale", torch.zeros(()))

    def points(self, inputs: Tensor) -> Tensor:
        """Latent points ``(n, point_dim)``."""
        raw: Tensor = self.encoder(inputs)
        if self.scale == 0:
            self.calibrate(inputs)
        return self.geometry.project((raw - self.mean) * self.scale)

    @torch.no_grad()
    def calibrate(self, inputs: Tensor, generator: torch.Generator | None = None) -> None:
        """Centre and scale raw coordinates as the first forward would."""
        raw: Tensor = self.encoder(inputs)
        self.mean.copy_(raw.mean(dim=0))
        largest = (raw - self.mean).abs().max().clamp_min(torch.finfo(raw.dtype).tiny)
        self.scale.copy_(LARGEST / largest)

    def forward(
        self,
        inputs: Tensor,
        generator: torch.Generator,
        *,
        rows: int | None = None,
        seeds: Sequence[int] = (),
    ) -> Sample:
        """Weigh all pairs of nodes with these inputs ``(n, in_features)``.

        Parameters
        ----------
        rows
            Number of training rows, which come first; no row has weight for any other.
        """
        n = len(inputs) if rows is None else rows
        points = self.points(inputs)
        cost = self.race.cost(self.geometry.pairwise(points, points[:n]))
        weights = torch.sigmoid(self.slope * (self.threshold.abs() - cost))
        total = weights.sum(dim=1, keepdim=True).clamp_min(torch.finfo(weights.dtype).eps)
        padded = functional.pad(weights / total, (0, len(points) - n))
        return Sample(edges=DenseEdges(weights=padded), points=points)
