"""Where the steps in time are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from geoframe_cfdm.engines.base import sharpness
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.sampling.config import Grid

PILOTS = 32
PILOT_TIMES = 65


def time_grid(kind: Grid, steps: int, start: float, points: Points, sigma: float) -> list[float]:
    """Times ``t_0 < ... < t_S = 1`` of the steps.

    With the uniform grid S steps lead from 0 to 1 and ``start`` is rounded to a step, as in the
    paper; the others take S steps from ``start`` itself.

    Parameters
    ----------
    kind
        ``"uniform"``; ``"cosine"``, ``(1 - cos(pi s)) / 2``, whose last steps are small; or
        ``"posterior"``, with equal falls of the log effective sample size between steps,
        measured with noised training points.
    """
    if kind == "uniform":
        first = min(steps - 1, round(start * steps))
        return [n / steps for n in range(first, steps)] + [1.0]
    if kind == "cosine":
        at = [(1 - math.cos(math.pi * n / steps)) / 2 for n in range(steps)]
    else:
        at = _equal_falls(points, steps, sigma)
    return [start + (1 - start) * t for t in at] + [1.0]


def _equal_falls(points: Points, steps: int, sigma: float) -> list[float]:
    """Times at which the posterior has narrowed down by equal shares.

    A share of evenly spaced progress is mixed in, so that no step is longer than 4 / S.
    """
    times = torch.linspace(0, 1, PILOT_TIMES, dtype=torch.float64)[:-1]
    sizes = torch.tensor([_pilot_sample_size(points, float(t), sigma) for t in times])
    progress = (sizes[0] / sizes).log().cummax(0).values
    progress = progress / progress[-1].clamp_min(1e-9)
    mixed = 0.75 * progress + 0.25 * times / times[-1]
    wanted = torch.linspace(0, 1, steps + 1, dtype=torch.float64)[:-1]
    return _interpolated(wanted, mixed, times).tolist()


def _interpolated(wanted: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Piecewise linear interpolation of increasing ``x`` -> ``y``."""
    right = torch.searchsorted(x, wanted, right=True).clamp(1, len(x) - 1)
    left = right - 1
    share = (wanted - x[left]) / (x[right] - x[left]).clamp_min(1e-12)
    return torch.lerp(y[left], y[right], share.clamp(0, 1))


def _pilot_sample_size(points: Points, t: float, sigma: float) -> Tensor:
    """Median effective sample size of perturbed states at time t."""
    generator = torch.Generator().manual_seed(0)
    chosen = torch.randint(len(points), (PILOTS,), generator=generator)
    noise = torch.randn(2, PILOTS, points.dim, generator=generator).to(points.device)
    z = t * points.rows(chosen.to(points.device)) + (1 - t) * noise[0] + sigma * noise[1]
    logits = []
    for start, part in points.blocks(8192):
        half = points.half_norms[start : start + len(part)]
        logits.append(sharpness(t) * torch.addmm(half, z, part.T, beta=-t))
    weights = torch.softmax(torch.cat(logits, 1).double(), 1)
    return (1 / weights.square().sum(1)).median()


def step_sizes(times: Sequence[float]) -> list[tuple[float, float, float]]:
    """Return (t, keep, pull) of each step: ``z <- keep z + pull D``.

    An Euler step of dz/dt = (D - z) / (1 - t) from t to t', and also its exact solution while D
    stands still.
    """
    return [(t, (1 - after) / (1 - t), (after - t) / (1 - t)) for t, after in pairwise(times)]
