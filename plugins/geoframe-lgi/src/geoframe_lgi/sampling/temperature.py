"""The temperature at which sampling starts: neither random nor fixed."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from geoframe import DataError, Geometry
from geoframe_lgi.sampling.race import Race

PERPLEXITY_PER_EDGE = 3.0
"""Candidates in play per in-edge at the start, as a perplexity."""
ROWS = 256
"""Rows whose median perplexity stands for that of all."""
BISECTIONS = 60


@torch.no_grad()
def calibrated(race: Race, geometry: Geometry, points: Tensor, generator: torch.Generator) -> float:
    """Return tau at which the median perplexity of softmax_j(-tau D_ij) is about 3 k.

    At the published start (tau fixed, latents of any scale) the perplexity can be n: the first
    graphs are then uniformly random and carry no signal (a cold start of hundreds of steps).

    Raises
    ------
    DataError
        If all nodes have the same latent point, or distances are not finite.
    """
    n = len(points)
    rows = torch.randperm(n, generator=generator)[:ROWS]
    cost = race.cost(geometry.pairwise(points[rows], points)).double()
    if not race.self_edges:
        cost[torch.arange(len(rows)), rows] = torch.inf
    if not torch.isfinite(cost).any(dim=1).all() or cost.isnan().any():
        raise DataError("latent distances are not finite; scale the features or lower their number")
    cost -= cost.amin(dim=1, keepdim=True)
    wanted = math.log(min(PERPLEXITY_PER_EDGE * race.k, max(1.5, 0.5 * n)))
    spread = cost[torch.isfinite(cost)].median()
    if not spread > 0:
        raise DataError("most rows have the same latent point: their features are the same")
    low, high = -30.0, 30.0  # log (tau * spread)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if median_entropy(cost * (math.exp(middle) / spread)) > wanted:
            low = middle
        else:
            high = middle
    return float(math.exp((low + high) / 2) / spread)


def median_entropy(cost: Tensor) -> float:
    """Median over rows ``(r, n)`` of the entropy of softmax(-cost), in nats."""
    log_p = torch.log_softmax(-cost, dim=1)
    return float(-(log_p.exp() * log_p.clamp_min(-1e30)).sum(dim=1).median())
