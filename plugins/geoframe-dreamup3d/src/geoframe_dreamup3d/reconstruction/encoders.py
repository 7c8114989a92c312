"""From the points of one object, or of a scene, to the posterior of a code."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor, nn
from torch.nn import functional

from geoframe_dreamup3d.reconstruction.marked import Marked

FLOOR = 1e-4
"""Least standard deviation of a posterior."""


@attrs.frozen(eq=False)
class Posterior:
    """A diagonal normal distribution of codes ``(..., d)``."""

    mean: Tensor
    deviation: Tensor

    def draw(self) -> Tensor:
        """Draw codes by reparametrisation."""
        return self.mean + self.deviation * torch.randn_like(self.mean)

    def divergence(self) -> Tensor:
        """Kullback-Leibler divergence from the standard normal prior ``(...)``, nats."""
        variance = self.deviation.square()
        return 0.5 * (variance + self.mean.square() - 1 - variance.log()).sum(-1)


class PosteriorHead(nn.Module):
    """Features -> posterior, by a network of one hidden layer."""

    def __init__(self, features: int, hidden: int, latent: int) -> None:
        super().__init__()
        self.network = mlp(features, hidden, 2 * latent)

    def forward(self, features: Tensor) -> Posterior:
        """Features ``(..., f)`` -> posterior of codes ``(..., latent)``."""
        mean, raw = self.network(features).float().chunk(2, -1)
        return Posterior(mean, functional.softplus(raw) + FLOOR)


class ClusterEncoder(nn.Module):
    """Points with features and weights -> one vector: the weighted mean of what each point says.

    A PointNet (Qi et al., CVPR 2017) with two layers, in place of the paper's convolutions.
    """

    out_features = 64

    def __init__(self, features: int) -> None:
        super().__init__()
        width = self.out_features
        self.points = nn.Sequential(
            nn.Linear(3 + features, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )
        self.out = nn.Linear(width, width)

    def forward(self, points: Tensor, features: Tensor, weights: Tensor) -> Tensor:
        """Encode clusters.

        Parameters
        ----------
        points
            In the cluster's own frame ``(b, k, n, 3)``, about in [-1, 1].
        features
            ``(b, n, f)``.
        weights
            ``(b, k, n)``: 0 for points that are no part of it.

        Returns
        -------
        Tensor
            ``(b, k, 64)``.
        """
        b, k, n = weights.shape
        marked = Marked.where(weights > 0)
        weight = marked.rows(weights).unsqueeze(-1)
        masked = features.flatten(0, 1).index_select(0, marked.image * n + marked.point) * weight
        said = self.points(torch.cat([marked.rows(points).clamp(-1, 1), masked], -1)) * weight
        total = weights.new_zeros(b * k, self.out_features)
        total = total.index_add(0, marked.own(marked.owner), marked.own(said)).reshape(b, k, -1)
        vector: Tensor = self.out(total / (weights.sum(-1, keepdim=True) + 1e-6))
        return vector


def mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Linear, ELU, linear."""
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ELU(), nn.Linear(hidden, outputs))
