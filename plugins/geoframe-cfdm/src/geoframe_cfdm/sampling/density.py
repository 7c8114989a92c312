"""The log-density that the score is the gradient of."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from geoframe import DataError
from geoframe_cfdm.engines.points import Points

BLOCK = 4096
ITEMS = 512
"""Items scored at a time: with BLOCK points they take 16 MiB a table."""


def log_density(points: Points, z: Tensor, width: float) -> Tensor:
    """Log-density ``(n,)`` float64 of ``z`` ``(n, d)`` under a mixture of Gaussians.

    One Gaussian of standard deviation ``width`` around each point, with the points' prior
    weights. Squared distances come from float64 products, so that far points are not lost.
    """
    prior = points.prior.log().to(points.device)
    items = torch.split(z.double(), ITEMS)
    totals = [part.new_full((len(part),), -torch.inf) for part in items]
    for start, part in points.blocks(BLOCK):
        exact = part.double()
        norms, own = exact.square().sum(1) / 2, prior[start : start + len(part)]
        for row, flat in enumerate(items):
            halves = flat.square().sum(1, keepdim=True) / 2 + norms - flat @ exact.T
            logs = own - halves.clamp_min(0) / width**2
            totals[row] = torch.logaddexp(totals[row], logs.logsumexp(1))
    return torch.cat(totals) - points.dim * (math.log(width) + math.log(2 * math.pi) / 2)


def score_items(points: Points, items: Tensor, width: float | None, spacing: float) -> Tensor:
    """Log-density ``(n,)`` float64 of raw items ``(n, D)``, per unit volume of the data.

    Parameters
    ----------
    width
        Standard deviation of the Gaussians; None takes ``spacing``, the median distance of
        nearest neighbours, over the square root of the number of coordinates.

    Raises
    ------
    DataError
        If the width is not positive.
    """
    z = points.standardizer.forward(items.to(points.device))
    if width is None:
        width = spacing / math.sqrt(points.dim)
    if not width > 0:
        raise DataError(
            f"the bandwidth must be above 0, not {width:g}; where most items repeat others there "
            "is no default"
        )
    return log_density(points, z, width).cpu() - points.standardizer.log_volume
