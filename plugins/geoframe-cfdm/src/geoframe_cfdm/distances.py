"""Nearest training points of samples, and the scale that sigma is measured in."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe_cfdm.points import Points

PILOTS = 512


def nearest_points(
    points: Points, z: Tensor, k: int, *, block: int = 8192
) -> tuple[Tensor, Tensor]:
    """Distances ``(n, k)`` and indices ``(n, k)`` of the nearest points of ``(n, d)``.

    Candidates come from float32 products; their distances from differences, since products have
    an absolute error that hides whether a sample is a copy.
    """
    from geoframe_cfdm.engines.search import ExactSearch

    wanted = min(k + 4, len(points))
    index = torch.cat(
        [ExactSearch(points, block).nearest(part, wanted) for part in torch.split(z, 256)]
    )
    gaps = torch.cat(
        [
            (points.rows(near) - part[:, None]).norm(dim=2)
            for near, part in zip(torch.split(index, 256), torch.split(z, 256), strict=True)
        ]
    )
    distance, order = gaps.sort(1)
    return distance[:, :k], index.gather(1, order)[:, :k]


def neighbor_distances(points: Points, most: int = PILOTS) -> Tensor:
    """Distances ``(q,)`` of up to ``most`` evenly chosen points to their nearest other point."""
    n = len(points)
    if n < 2:
        return torch.zeros(n, device=points.device)
    chosen = torch.linspace(0, n - 1, min(n, most), dtype=torch.float64).round().long()
    chosen = torch.unique(chosen).to(points.device)
    distance, index = nearest_points(points, points.rows(chosen), 2)
    # Of two equal points either may be named as the nearer one.
    other = index[:, 0] != chosen
    return torch.where(other, distance[:, 0], distance[:, 1])
