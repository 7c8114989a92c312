"""The guidance family: each method is a difference of two noises at one noise level.

    image <- image - w (first - second)

with ``first`` what the prior predicts at ``image + sigma second'`` and ``second`` the noise that
was put in, or what it should have been (Lukoianov et al. 2024, arXiv 2405.15891, section 4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

import attrs
import torch
from torch import Tensor

from geoframe_diffusion.ddim import invert
from geoframe_diffusion.guidance import predicted_pair
from geoframe_sdi.guidance.inversion import inverted_noise, rungs, threestudio_state
from geoframe_sdi.guidance.timing import Timing

if TYPE_CHECKING:
    from geoframe_sdi.guidance.step import Step

Difference = tuple[Tensor, Tensor]
"""First and second noise ``(B, *item_shape)``."""
Weight = Literal["sigma", "one", "one-minus-alpha"]


@attrs.frozen(kw_only=True)
class Rule:
    """A method of the family, and the values that its authors give it."""

    difference: Callable[[Step], Difference]
    scale: float
    weight: Weight = "sigma"
    timing: Timing = "linear"
    t_max: float = 0.98
    t_min: float = 0.02
    conditional: bool = False
    """Whether it is nothing without a condition."""
    inverts: bool = False
    """Whether noise is sought by inversion."""


def sds(step: Step) -> Difference:
    """Fresh noise, and the prior's guess at it (Poole et al. 2023).

    ``noise_scale`` adds less noise than the prior is told of; ``noise_memory`` keeps some of the
    view's last noise.
    """
    drawn = step.remembered_noise()
    share = step.options.noise_scale
    return step.noise(step.images + share * step.sigma * drawn), share * drawn


def sdi(step: Step) -> Difference:
    """Noise from a conditional inversion (Lukoianov et al. 2024, algorithm 2)."""
    options = step.options
    if step.progress == 0:  # there is nothing to invert yet, and all seeds would be equal
        noise = torch.randn_like(step.images)
        return step.noise(step.images + step.sigma * noise), noise
    if options.compat == "threestudio":
        state = threestudio_state(
            step.inversion_noise, step.images, step.schedule, step.level, options.inversion_steps
        )
        return step.noise(state), (state - step.images) / step.sigma
    jitter = options.inversion_jitter * len(step.schedule) * float(torch.rand(()))
    top = min(step.level + jitter, len(step.schedule) - 1)
    start = options.true_noise * step.schedule.sigma(top)
    ladder = rungs(step.schedule, top, options.inversion_steps, start=start)
    if options.true_noise == 1:
        ladder = ladder[:1]
    noise = inverted_noise(
        step.inversion_noise, step.images, ladder, options.eval_at, true_noise=options.true_noise
    )
    if options.entropy:
        share = options.entropy * step.sigma / (1 + step.sigma**2) ** 0.5
        noise = noise + share * torch.randn_like(noise)
    return step.noise(step.images + step.sigma * noise), noise


def sdi_cached(step: Step) -> Difference:
    """Noise predicted at the step before: with whole steps and no clipping this is DDIM.

    It belongs to the image that the step before led to. Images that are elsewhere now (smaller
    steps, clipping, another hand) are inverted anew.
    """
    noise = step.cached_noise()
    if (moved := step.moved()).any():
        ladder = rungs(step.schedule, step.level, step.options.inversion_steps)
        fresh = inverted_noise(step.inversion_noise, step.images, ladder, step.options.eval_at)
        noise = torch.where(moved, fresh, noise)
    first = step.noise(step.images + step.sigma * noise)
    step.cache_noise(first, step.images + step.sigma * (noise - first))
    return first, noise


def ism(step: Step) -> Difference:
    """Unconditional inversion and the noise of its last interval (Liang et al. 2024)."""
    size = len(step.schedule)
    gap = (0.1 - 0.05 * step.progress) * size
    below = max(step.level - gap, step.level / 2)
    ladder = rungs(step.schedule, below, INTERVAL_STEPS)
    state = invert(step.unconditional_noise, step.images, ladder, eval_at="source")
    interval = step.unconditional_noise(state, ladder[-1])
    state = state + interval * (step.sigma - ladder[-1])
    return step.noise(state), interval


def vsd(step: Step) -> Difference:
    """Fresh noise, against a network that follows the renders (Wang et al. 2023)."""
    drawn = torch.randn_like(step.images)
    state = step.images + step.sigma * drawn
    return step.noise(state), step.particle_noise(state)


def nfsd(step: Step) -> Difference:
    """Guidance and a domain term, without the noise (Katzir et al. 2024)."""
    state = step.images + step.sigma * torch.randn_like(step.images)
    base, towards = _pair(step, state)
    domain = base
    if step.level >= DOMAIN_BELOW * len(step.schedule):
        domain = base - step.negative_noise(state) if step.has_negative else torch.zeros_like(base)
    return step.scale * (towards - base) + domain, torch.zeros_like(base)


def csd(step: Step) -> Difference:
    """The classifier's direction alone (Yu et al. 2024)."""
    state = step.images + step.sigma * torch.randn_like(step.images)
    base, towards = _pair(step, state)
    return towards, base


def hifa(step: Step) -> Difference:
    """SDS whose level falls with the root of progress (Zhu et al. 2024); the loss adds a term."""
    drawn = torch.randn_like(step.images)
    return step.noise(step.images + step.sigma * drawn), drawn


def _pair(step: Step, state: Tensor) -> Difference:
    condition = step.required_condition()
    step.count(1)
    return predicted_pair(step.prior, state, step.sigma, step.away(), condition)


INTERVAL_STEPS = 5
"""Steps of ISM's inversion over all levels: one each 200 of 1000."""
DOMAIN_BELOW = 0.2
"""Level, as a share, below which the unconditional prediction is the domain's direction."""

RULES: Mapping[str, Rule] = {
    "sds": Rule(difference=sds, scale=100.0, timing="uniform"),
    "sds-annealed": Rule(difference=sds, scale=7.5),
    "sdi": Rule(difference=sdi, scale=7.5, t_max=1.0, t_min=0.2, inverts=True),
    "sdi-cached": Rule(difference=sdi_cached, scale=7.5, t_max=1.0, t_min=0.0, inverts=True),
    "ism": Rule(difference=ism, scale=7.5, timing="warm", inverts=True),
    "vsd": Rule(difference=vsd, scale=7.5, weight="one-minus-alpha", timing="warm"),
    "nfsd": Rule(difference=nfsd, scale=7.5, timing="uniform", conditional=True),
    "csd": Rule(difference=csd, scale=1.0, timing="uniform", conditional=True),
    "sjc": Rule(difference=sds, scale=100.0, weight="one", timing="uniform"),
    "hifa": Rule(difference=hifa, scale=100.0, weight="one-minus-alpha", timing="sqrt", t_min=0.3),
    # What auto stands for: sds annealed over the whole budget.
    "auto": Rule(difference=sds, scale=1.0),
}
"""Name -> method, with its authors' values."""
