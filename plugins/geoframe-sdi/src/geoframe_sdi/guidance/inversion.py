"""The noise that an image was made of, as far as the prior can tell."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

from geoframe_diffusion.ddim import EvalAt, Noise, invert
from geoframe_diffusion.schedule import Schedule

THREESTUDIO_NOISE = 0.3
"""Share of the posterior's standard deviation that threestudio adds inside each step."""


def rungs(schedule: Schedule, level: float, steps: int, *, start: float = 0.0) -> list[float]:
    """Sigmas of an inversion from ``start`` up to ``level``, even in level.

    Parameters
    ----------
    level
        Level to reach.
    steps
        Steps that a climb to the last level would take; this one takes its share of them.
    start
        Sigma to begin at; 0 for a clean image.
    """
    first = schedule.level(start) if start > 0 else 0.0
    count = max(1, math.ceil(steps * (level - first) / len(schedule)))
    levels = [first + (level - first) * index / count for index in range(1, count + 1)]
    return [start, *(schedule.sigma(each) for each in levels)]


def inverted_noise(
    noise_at: Noise,
    images: Tensor,
    sigmas: list[float],
    eval_at: EvalAt,
    *,
    true_noise: float = 0.0,
) -> Tensor:
    """Noise kappa ``(B, *item_shape)`` of unit size that DDIM leads to ``images``.

    Parameters
    ----------
    sigmas
        The ladder; with ``true_noise`` its first sigma is that share of the last.
    true_noise
        If not 0, images first get drawn noise up to ``sigmas[0]``: between this method (0) and
        plain noise (1).
    """
    start = images
    if true_noise:
        drawn = torch.randn_like(images)
        if len(sigmas) == 1:
            return drawn
        start = images + sigmas[0] * drawn
    return (invert(noise_at, start, sigmas, eval_at=eval_at) - images) / sigmas[-1]


def threestudio_state(
    noise_at: Noise, images: Tensor, schedule: Schedule, level: float, steps: int
) -> Tensor:
    """State of the official code's inversion, to be taken for one at ``level``.

    Its grid is fixed (multiples of T / steps below the level, begun one multiple below 0), it
    asks the network at the lower end of each step, adds noise inside every step and ends at up to
    T / steps above the level.
    """
    size, gap = len(schedule), len(schedule) // steps
    end = min(level + int(size * float(torch.rand(())) / steps), size - 1)
    levels = [1.0 - gap, *(float(each) for each in range(1, int(level), gap)), end]
    state = images
    for low, high in pairwise(levels):
        here, there = schedule.sigma(low), schedule.sigma(high)
        if there <= here:
            continue
        noise = noise_at(state, here)
        clean = state - here * noise
        below, above = 1 / (1 + here**2), 1 / (1 + there**2)
        variance = (1 - below) / (1 - above) * (1 - above / below)
        added = THREESTUDIO_NOISE * math.sqrt(max(variance, 0.0) / above)
        state = clean + there * noise + added * torch.randn_like(state)
    return state


def residual(noise_at: Noise, images: Tensor, noise: Tensor, sigma: float) -> float:
    """How far noise is from a fixed point: mean of ``sigma^2 (eps(x + sigma noise) - noise)^2``."""
    error = noise_at(images + sigma * noise, sigma) - noise
    return float(sigma**2 * error.square().mean())
