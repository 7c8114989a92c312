"""Orientations by the principle of minimum volume, for a whole batch; nothing is learned."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe_dreamup3d.classical.boxes import MIN_POINTS, SLACK, rotation_grid


@torch.no_grad()
def orientations(places: Tensor, masks: Tensor, count: int) -> Tensor:
    """Rotation of the least box around each object's own points.

    Parameters
    ----------
    places
        ``(b, n, 3)``.
    masks
        ``(b, k, n)``; a point belongs to the object whose mask is largest, if it is above 1/2.
    count
        Rotations of the grid.

    Returns
    -------
    Tensor
        ``(b, k, 3, 3)``; the identity for objects of few points. Of volumes within one percent
        the smallest rotation is taken.
    """
    grid = torch.from_numpy(rotation_grid(count)).to(places)
    traces = grid.diagonal(dim1=1, dim2=2).sum(-1)
    b, k, _ = masks.shape
    found = torch.eye(3, device=places.device, dtype=places.dtype).repeat(b, k, 1, 1)
    owner = masks.argmax(1)
    for i in range(b):
        for j in range(k):
            own = places[i][(owner[i] == j) & (masks[i, j] > 0.5)]
            if len(own) <= MIN_POINTS:
                continue
            turned = own @ grid  # (g, n, 3)
            volumes = (turned.amax(1) - turned.amin(1)).clamp(min=1e-4).prod(-1)
            near = volumes <= SLACK * volumes.min()
            found[i, j] = grid[torch.where(near, traces, -2.0).argmax()]
    return found
