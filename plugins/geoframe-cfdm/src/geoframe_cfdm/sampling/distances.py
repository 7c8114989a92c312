"""Nearest training points of samples, and the scale that sigma is measured in."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from geoframe_cfdm.engines.points import Points

PILOTS = 512
DUPLICATE_QUANTILE = 0.01
"""Quantile of leave-one-out distances below which a sample counts as a duplicate."""
COPY = 1e-3
"""Share of the median of these distances within which a sample is a copy in any case."""


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


@attrs.frozen(kw_only=True)
class Spacing:
    """Distances of training points to their nearest other point."""

    median: float
    """The scale of sigma."""
    low: float
    """What is nearer to a training point counts as its duplicate."""


def spacing_of(points: Points, most: int = PILOTS) -> Spacing:
    """Measure up to ``most`` evenly chosen points."""
    n = len(points)
    chosen = torch.linspace(0, n - 1, min(n, most), dtype=torch.float64).round().long()
    chosen = torch.unique(chosen).to(points.device)
    distance, index = nearest_points(points, points.rows(chosen), 2)
    # Of two equal points either may be named as the nearer one.
    gaps = torch.where(index[:, 0] != chosen, distance[:, 0], distance[:, 1])
    return Spacing(median=float(gaps.median()), low=duplicate_distance(gaps))


def duplicate_distance(gaps: Tensor) -> float:
    """Distance below which a sample counts as a duplicate, from those of leave-one-out ``(n,)``.

    The nearest training item is nearer than 99 % of these have another; above 0 if not most repeat.
    """
    return max(float(gaps.quantile(DUPLICATE_QUANTILE)), COPY * float(gaps.median()))
