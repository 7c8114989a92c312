"""Places for new items in a finished embedding, by their distances to known ones."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe.capabilities import TangentMaps, capability
from geoframe_embedding.embedding import Points

STEPS = 200
"""L-BFGS steps."""


def place(embedding: Points, known: Tensor, targets: Tensor) -> Tensor:
    """Points that are as far from known points as wished, in the least-squares sense.

    Minimises the sum of ((d - D) / mean D)^2 over the new item's own coordinates; the geometry
    and the known points stay as they are. Each search starts at the nearest known point, moved a
    little, in coordinates of the embedder (logarithm at the origin, where a geometry has one).

    Parameters
    ----------
    embedding
        The finished model.
    known
        ``(k, point_dim)``.
    targets
        ``(m, k)`` distances of the new items to them; an entry that is not finite is unknown.

    Returns
    -------
    Tensor
        ``(m, point_dim)``.
    """
    geometry = embedding.geometry
    maps = capability(geometry, TangentMaps)
    coordinates = known if maps is None else maps.logmap0(known)
    if coordinates.shape[-1] != geometry.dim:  # no way back to raw coordinates: from the origin
        coordinates = known.new_zeros(len(known), geometry.dim)
    there = torch.isfinite(targets)
    nearest = torch.where(there, targets, torch.inf).argmin(dim=1)
    generator = torch.Generator().manual_seed(0)
    step = 1e-2 * coordinates.std().clamp_min(1e-6)
    noise = torch.randn(len(targets), geometry.dim, generator=generator, dtype=known.dtype)
    raw = (coordinates[nearest] + step * noise).requires_grad_()
    wanted = torch.where(there, targets, 0.0)
    unit = wanted.sum(dim=1, keepdim=True) / there.sum(dim=1, keepdim=True).clamp_min(1)
    unit = unit.clamp_min(torch.finfo(known.dtype).tiny)
    optimizer = torch.optim.LBFGS([raw], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        points = geometry.project(raw).unsqueeze(1)
        error = there * (embedding.distance(points, known) - wanted) / unit
        loss = error.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return geometry.project(raw.detach())
