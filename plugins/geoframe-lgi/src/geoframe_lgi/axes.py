"""Principal axes of features: where latent points start, and what near rows are looked for in."""

from __future__ import annotations

import torch
from torch import Tensor


def principal_axes(features: Tensor, dim: int) -> Tensor:
    """First principal axes of features ``(n, f)`` -> ``(f, dim)``; random ones beyond the rank."""
    centred = features - features.mean(dim=0)
    rank = min(dim, *features.shape)
    generator = torch.Generator().manual_seed(0)
    axes: Tensor = (
        torch.randn(features.shape[1], dim, generator=generator) / features.shape[1] ** 0.5
    )
    # The randomised algorithm draws; its random numbers must not be the run's.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        _, _, found = torch.svd_lowrank(centred, q=min(rank + 8, *features.shape), niter=4)
    axes[:, :rank] = found[:, :rank]
    return axes
