"""Hyperbolic layers: linear maps in the tangent space and translations by a hyperbolic bias."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from geoframe_spaces.hyperboloid import Hyperboloid


class HyperbolicLinear(nn.Module):
    """Tangent vector at the origin -> exp_o(activation(A v)), translated by a bias.

    Between the logarithm that leaves the space before and the exponential map into the next one
    lies a linear map; what makes the layer hyperbolic is the bias. The translation carries it, a
    tangent vector at the origin, to each point by parallel transport, and goes along it from
    there (Ganea, Becigneul and Hofmann, NeurIPS 2018).

    Parameters
    ----------
    in_features
        Length of the incoming tangent vectors.
    space
        The space of the outgoing points.
    activation
        Whether ReLU is applied in the tangent space.
    """

    def __init__(self, in_features: int, space: Hyperboloid, *, activation: bool = True) -> None:
        super().__init__()
        self.space = space
        self.activation = activation
        self.linear = nn.Linear(in_features, space.dim, bias=False)
        self.bias = nn.Parameter(torch.zeros(space.dim))

    def forward(self, tangent: Tensor) -> Tensor:
        """Tangent vectors ``(n, in_features)`` -> points ``(n, space.point_dim)``."""
        moved = self.linear(tangent)
        if self.activation:
            moved = F.relu(moved)
        return translate(self.space, self.space.project(moved), self.bias)


def translate(space: Hyperboloid, x: Tensor, bias: Tensor) -> Tensor:
    """Go from points along a tangent vector of the origin that was carried to them.

    Parameters
    ----------
    space
        The hyperboloid, curvature K.
    x
        Points ``(..., dim + 1)``.
    bias
        Tangent vector ``(dim,)`` at the origin.

    Returns
    -------
    Tensor
        The Lorentz boost that takes the origin o to x, applied to exp_o(bias). With
        b = exp_o(bias) and c = -K, its space part is b_1 + (sqrt(c) b_0 + c <x_1, b_1> /
        (1 + sqrt(c) x_0)) x_1; the time part follows from <y, y> = 1/K, so that the result lies
        on the sheet whatever was rounded.
    """
    root = space.curvature.root()
    b = space.expmap0(bias)
    rest = x[..., 1:]
    along = root * root * (rest * b[1:]).sum(-1, keepdim=True) / (1.0 + root * x[..., :1])
    moved = b[1:] + (root * b[:1] + along) * rest
    height = torch.sqrt(1.0 / (root * root) + (moved * moved).sum(-1, keepdim=True))
    return torch.cat([height, moved], dim=-1)
