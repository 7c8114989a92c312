"""The log-density that the score is the gradient of."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from geoframe_cfdm.points import Points

BLOCK = 16384


def log_density(points: Points, z: Tensor, width: float) -> Tensor:
    """Log-density ``(n,)`` float64 of ``z`` ``(n, d)`` under a mixture of Gaussians.

    One Gaussian of standard deviation ``width`` around each point, with the points' prior
    weights. Squared distances come from float64 products, so that far points are not lost.
    """
    prior = points.prior.log().to(points.device)
    flat = z.double()
    half = flat.square().sum(1, keepdim=True) / 2
    parts = []
    for start, part in points.blocks(BLOCK):
        exact = part.double()
        half_squares = half + exact.square().sum(1) / 2 - flat @ exact.T
        parts.append(
            (prior[start : start + len(part)] - half_squares.clamp_min(0) / width**2).logsumexp(1)
        )
    normaliser = points.dim * (math.log(width) + math.log(2 * math.pi) / 2)
    return torch.stack(parts).logsumexp(0) - normaliser
