"""Values at points from the nearest of others."""

from __future__ import annotations

import torch
from scipy.spatial import cKDTree
from torch import Tensor

NEIGHBOURS = 3


def distances(a: Tensor, b: Tensor) -> Tensor:
    """Distances ``(..., n, m)`` of points, exact where they are small.

    What torch does by default for many points loses tenths of a millimetre in a metre.
    """
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def interpolate(values: Tensor, places: Tensor, asked: Tensor) -> Tensor:
    """Mean of the three nearest values, weighted by inverse distance.

    Parameters
    ----------
    values
        ``(b, c, n)``.
    places
        Where they are ``(b, n, 3)``.
    asked
        Where they are wanted ``(b, m, 3)``.

    Returns
    -------
    Tensor
        ``(b, c, m)``; the gradient goes to the values alone.
    """
    with torch.no_grad():
        distance, nearest = _nearest(asked, places, min(NEIGHBOURS, places.shape[1]))
        weight = 1 / (distance + 1e-6)
        weight = weight / weight.sum(-1, keepdim=True)
    b, c, _ = values.shape
    m, k = nearest.shape[1:]
    index = nearest.reshape(b, 1, m * k).expand(-1, c, -1)
    return (values.gather(2, index).reshape(b, c, m, k) * weight.unsqueeze(1)).sum(-1)


def _nearest(asked: Tensor, places: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Distances and indices ``(b, m, k)`` of the nearest places."""
    if len(places) > 1 or places.device.type != "cpu":
        middle = places.mean(1, keepdim=True)  # around it products are exact to micrometres
        around = (places - middle).float()
        squares = around.square().sum(-1).unsqueeze(1)
        with torch.autocast(places.device.type, enabled=False):
            # Squared distances but for what all places have in common.
            order = torch.baddbmm(
                squares, (asked - middle).float(), around.transpose(1, 2), alpha=-2
            )
        nearest = order.topk(k, largest=False, sorted=False).indices
        image = torch.arange(len(places), device=places.device)[:, None, None]
        return (asked.unsqueeze(2) - places[image, nearest]).norm(dim=-1), nearest
    # One cloud on a CPU: a tree is several times as fast as all distances.
    tree = cKDTree(places[0].detach().numpy())
    away, index = tree.query(asked[0].detach().numpy(), k=[*range(1, k + 1)])
    return torch.from_numpy(away)[None].to(asked.dtype), torch.from_numpy(index)[None]
