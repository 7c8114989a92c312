"""DDIM (Song et al. 2021) in sigma-space, downwards and back up.

The probability-flow ODE of ``noisy = x + sigma e`` is ``d noisy / d sigma = eps(noisy, sigma)``;
a DDIM step is an Euler step of it. Integrated upwards from an image it finds noise that leads to
that image: inversion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

from torch import Tensor

from geoframe import DataError

Noise = Callable[[Tensor, float], Tensor]
"""(noisy ``(B, *item_shape)``, sigma) -> predicted noise of the same shape."""
EvalAt = Literal["target", "source", "midpoint"]
"""At which end of an inversion step the noise is predicted."""


def step(noisy: Tensor, noise: Tensor, sigma: float, after: float) -> Tensor:
    """Go from ``sigma`` to ``after`` with the noise predicted at ``noisy``."""
    return noisy + noise * (after - sigma)


def descend(noise_at: Noise, noisy: Tensor, sigmas: Sequence[float]) -> Tensor:
    """Sample: go down the ladder ``sigmas`` and return the clean image of its last rung."""
    for sigma, after in pairwise(sigmas):
        noisy = step(noisy, noise_at(noisy, sigma), sigma, after)
    return step(noisy, noise_at(noisy, sigmas[-1]), sigmas[-1], 0.0)


def calls_of_inversion(rungs: int, eval_at: EvalAt) -> int:
    """Model calls that :func:`invert` makes on a ladder of so many sigmas."""
    return (rungs - 1) * (2 if eval_at == "midpoint" else 1)


def invert(
    noise_at: Noise, clean: Tensor, sigmas: Sequence[float], *, eval_at: EvalAt = "target"
) -> Tensor:
    """Go up the ladder from images to their noisy states at its last rung.

    Parameters
    ----------
    noise_at
        Predicts noise.
    clean
        Images ``(B, *item_shape)``: states at ``sigmas[0]``.
    sigmas
        Increasing; usually from 0, where the predicted noise is 0.
    eval_at
        ``"source"``: noise predicted at the lower end of each step (explicit Euler; the paper's
        code). ``"target"``: at the upper end's sigma, with the state of the lower end, as
        diffusers' inverse scheduler does. Networks know little of images with hardly any noise
        that are not theirs, which makes it the better choice for small ones. ``"midpoint"``:
        explicit midpoint, second order, two calls a step.

    Raises
    ------
    DataError
        If the sigmas do not increase.
    """
    noisy = clean
    for sigma, after in pairwise(sigmas):
        if after <= sigma:
            raise DataError(f"inversion goes up: sigma {after:g} comes after {sigma:g}")
        if eval_at == "midpoint":
            half = (sigma + after) / 2
            middle = step(noisy, noise_at(noisy, sigma), sigma, half)
            noise = noise_at(middle, half)
        else:
            noise = noise_at(noisy, sigma if eval_at == "source" else after)
        noisy = step(noisy, noise, sigma, after)
    return noisy
