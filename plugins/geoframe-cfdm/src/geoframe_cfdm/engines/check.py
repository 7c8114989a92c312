"""The posterior mean in float64, by the formula: what all engines are compared with."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe_cfdm.engines.base import sharpness
from geoframe_cfdm.engines.points import Points


def float64_mean(
    points: Points, z: Tensor, perturbations: Tensor | None, t: float, *, block: int = 8192
) -> Tensor:
    """Mean over the perturbations of sum_i softmax_i(-|z + e - t x_i|^2 / 2(1-t)^2) x_i.

    Parameters
    ----------
    points
        The training points.
    z
        States ``(B, d)``.
    perturbations
        ``(B or 1, M, d)``, sigma included, or None.
    t
        Time in [0, 1).

    Returns
    -------
    Tensor
        ``(B, d)`` float64.
    """
    queries = z.double()[:, None]
    if perturbations is not None:
        queries = queries + perturbations.double()
    b, m, d = queries.shape
    flat = queries.reshape(-1, d)
    top = flat.new_full((len(flat), 1), -torch.inf)
    total, sums = torch.zeros_like(top), torch.zeros_like(flat)
    for start, part in points.blocks(block):
        exact = part.double()
        half_norms = exact.square().sum(1) / 2
        logits = sharpness(t) * (flat @ exact.T - t * half_norms)
        if points.log_weights is not None:
            logits += points.log_weights[start : start + len(part)].double()
        risen = torch.maximum(top, logits.amax(1, keepdim=True))
        weights, fade = (logits - risen).exp(), (top - risen).exp()
        total = total * fade + weights.sum(1, keepdim=True)
        sums = sums * fade + weights @ exact
        top = risen
    return (sums / total).reshape(b, m, d).mean(1)
