"""Places for new items in a finished embedding, by their distances to known ones."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe_snowflake.embedding import GeometryEmbedding

STEPS = 200
"""L-BFGS steps."""


def place(embedding: GeometryEmbedding, known: Tensor, targets: Tensor) -> Tensor:
    """Points that are as far from known points as wished, in the least-squares sense.

    Minimises the sum of ((d - D) / mean D)^2 over the new item's own coordinates; the geometry
    and the known points stay as they are. Each search starts at the nearest known point, moved a
    little, in coordinates of the embedder (logarithm at the origin, where a geometry has one).

    Parameters
    ----------
    known
        ``(k, point_dim)``.
    targets
        ``(m, k)`` distances of the new items to them.

    Returns
    -------
    Tensor
        ``(m, point_dim)``.
    """
    geometry = embedding.geometry
    logmap0 = getattr(geometry, "logmap0", None)
    coordinates = known if logmap0 is None else logmap0(known)
    if coordinates.shape[-1] != geometry.dim:  # no way back to raw coordinates: from the origin
        coordinates = known.new_zeros(len(known), geometry.dim)
    nearest = targets.argmin(dim=1)
    generator = torch.Generator().manual_seed(0)
    step = 1e-2 * coordinates.std().clamp_min(1e-6)
    noise = torch.randn(len(targets), geometry.dim, generator=generator, dtype=known.dtype)
    raw = (coordinates[nearest] + step * noise).requires_grad_()
    unit = targets.mean(dim=1, keepdim=True).clamp_min(torch.finfo(known.dtype).tiny)
    optimizer = torch.optim.LBFGS([raw], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        points = geometry.project(raw).unsqueeze(1)
        error = (embedding.distance(points, known) - targets) / unit
        loss = error.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return geometry.project(raw.detach())
