"""Noise schedules in one parametrisation: how much noise there is per unit of signal.

Every diffusion model noises data as ``y = alpha x + s e`` with ``e ~ N(0, I)``. Divided by alpha
this is ``noisy = x + sigma e`` with ``sigma = s / alpha``, and all denoisers of this package speak
of (noisy, sigma) alone. What a network was trained with, its *family*, says how to get back:

========== ============================== =====================
family     alpha                          trained with
========== ============================== =====================
preserving ``1 / sqrt(1 + sigma^2)``      DDPM, Stable Diffusion
flow       ``1 / (1 + sigma)``            rectified flow
exploding  1                              EDM, NCSN
========== ============================== =====================
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Mapping
from typing import Literal, overload

import attrs
import torch
from torch import Tensor

from geoframe import ConfigError
from geoframe.errors import did_you_mean

Family = Literal["preserving", "flow", "exploding"]
"""How the state that a network sees depends on sigma."""

LEVELS = 1000
"""Noise levels that networks are usually trained with."""


@attrs.frozen(eq=False)
class Schedule:
    """The noise levels 0 ... T - 1 of a model, from little noise to much."""

    name: str
    sigmas: tuple[float, ...]
    """Noise per unit of signal at each level; increasing."""
    family: Family

    def __attrs_post_init__(self) -> None:
        if any(
            after <= before for before, after in zip(self.sigmas, self.sigmas[1:], strict=False)
        ):
            raise ConfigError([f"schedule '{self.name}': sigma must rise from level to level"])

    def __len__(self) -> int:
        return len(self.sigmas)

    def sigma(self, level: float) -> float:
        """Sigma at a level, geometric between two; levels outside are those at the ends."""
        low = min(max(math.floor(level), 0), len(self) - 1)
        share = min(max(level - low, 0.0), 1.0)
        if share == 0 or low == len(self) - 1:
            return self.sigmas[low]
        here, above = math.log(self.sigmas[low]), math.log(self.sigmas[low + 1])
        return math.exp(here + share * (above - here))

    def level(self, sigma: float) -> float:
        """Level of a sigma: the inverse of :meth:`sigma`, a whole number at the levels' own."""
        above = bisect.bisect_left(self.sigmas, sigma * (1 + 1e-12))
        if above == 0:
            return 0.0
        if above == len(self):
            return float(len(self) - 1)
        low, high = self.sigmas[above - 1], self.sigmas[above]
        exact = above - 1 + math.log(sigma / low) / math.log(high / low)
        nearest = round(exact)
        return float(nearest) if abs(exact - nearest) < 1e-6 else exact

    @overload
    def signal(self, sigma: float) -> float: ...
    @overload
    def signal(self, sigma: Tensor) -> Tensor: ...
    def signal(self, sigma: float | Tensor) -> float | Tensor:
        """Alpha of the state ``y = alpha (x + sigma e)`` that the network sees."""
        if self.family == "preserving":
            return (1 + sigma**2) ** -0.5
        if self.family == "flow":
            return 1 / (1 + sigma)
        return sigma * 0 + 1

    def ladder(self, steps: int, largest: float, smallest: float) -> list[float]:
        """Sigmas of ``steps`` levels, evenly spaced in level, from ``largest`` down.

        Both ends are sigmas and are clipped to the schedule's own.
        """
        first, last = self.level(largest), self.level(smallest)
        if steps == 1:
            return [self.sigma(first)]
        levels = (first + (last - first) * index / (steps - 1) for index in range(steps))
        return [self.sigma(level) for level in levels]


def of_betas(name: str, betas: Tensor) -> Schedule:
    """Make a schedule of a DDPM's variances ``(T,)``."""
    return of_products(name, torch.cumprod(1 - betas.double(), 0))


def of_products(name: str, products: Tensor) -> Schedule:
    """Make a schedule of ``alpha^2`` per level ``(T,)``, as diffusers' ``alphas_cumprod`` are.

    A last level without any signal (zero terminal SNR) is left out: its sigma is infinite.
    """
    exact = products.double()
    exact = exact[exact > 0]
    return Schedule(name, tuple(((1 - exact) / exact).sqrt().tolist()), "preserving")


def ddpm_linear(levels: int = LEVELS) -> Schedule:
    """Variances from 1e-4 to 0.02 (Ho et al. 2020). Its largest sigma is 157."""
    return of_betas("ddpm-linear", torch.linspace(1e-4, 0.02, levels, dtype=torch.float64))


def scaled_linear(levels: int = LEVELS) -> Schedule:
    """Stable Diffusion's: roots of the variances from 0.00085 to 0.012. Largest sigma 14.6."""
    roots = torch.linspace(0.00085**0.5, 0.012**0.5, levels, dtype=torch.float64)
    return of_betas("scaled-linear", roots.square())


def cosine(levels: int = LEVELS) -> Schedule:
    """Squared cosine with variances of at most 0.999 (Nichol, Dhariwal 2021)."""
    at = torch.arange(levels + 1, dtype=torch.float64) / levels
    products = torch.cos((at + 0.008) / 1.008 * math.pi / 2).square()
    return of_betas("cosine", (1 - products[1:] / products[:-1]).clamp_max(0.999))


def edm(
    levels: int = LEVELS, *, smallest: float = 0.002, largest: float = 80.0, rho: float = 7.0
) -> Schedule:
    """Evenly spaced ``sigma^(1/rho)`` (Karras et al. 2022)."""
    roots = torch.linspace(smallest ** (1 / rho), largest ** (1 / rho), levels, dtype=torch.float64)
    return Schedule("edm", tuple((roots**rho).tolist()), "exploding")


def flow(levels: int = LEVELS) -> Schedule:
    """Rectified flow ``y = (1 - s) x + s e`` with s evenly spaced inside (0, 1)."""
    s = torch.arange(1, levels + 1, dtype=torch.float64) / (levels + 1)
    return Schedule("flow", tuple((s / (1 - s)).tolist()), "flow")


SCHEDULES: Mapping[str, Callable[..., Schedule]] = {
    "ddpm-linear": ddpm_linear,
    "scaled-linear": scaled_linear,
    "cosine": cosine,
    "edm": edm,
    "flow": flow,
}


def schedule(name: str, levels: int = LEVELS) -> Schedule:
    """Make a schedule by name.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    if name not in SCHEDULES:
        raise ConfigError(
            [f"schedule: no '{name}'{did_you_mean(name, SCHEDULES)}; known: {', '.join(SCHEDULES)}"]
        )
    return SCHEDULES[name](levels)


def by_row(sigma: float | Tensor, states: Tensor) -> float | Tensor:
    """Shape sigma, one number or one for each row ``(B,)``, so that it multiplies ``states``."""
    if isinstance(sigma, Tensor) and sigma.ndim == 1:
        return sigma.to(states).reshape(-1, *[1] * (states.ndim - 1))
    return sigma
