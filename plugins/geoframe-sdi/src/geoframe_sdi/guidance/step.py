"""One evaluation of the guidance: what a rule may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import torch
from torch import Tensor

from geoframe import DataError
from geoframe_diffusion.ddim import EvalAt
from geoframe_diffusion.guidance import Others, no_condition, predicted_noise, unguided_noise
from geoframe_diffusion.schedule import Schedule
from geoframe_sdi.guidance.memory import ViewMemory

if TYPE_CHECKING:
    from geoframe.capabilities import Denoises


MOVED = 0.02
"""Root mean square of a change from which an image counts as another, in the prior's units."""


@attrs.frozen(kw_only=True)
class StepOptions:
    """Options of the guidance that rules read, all of them decided."""

    noise_scale: float
    noise_memory: float
    inversion_steps: int
    eval_at: EvalAt
    inversion_jitter: float
    true_noise: float
    entropy: float
    compat: str


@attrs.define(kw_only=True, eq=False)
class Step:
    """Images at one noise level, and the prior's answers about them."""

    prior: Denoises
    images: Tensor
    """``(B, *item_shape)``, detached."""
    condition: Tensor | None
    negative: Tensor | None
    """Condition to go away from ``(B, ...)``; None for none."""
    others: Others | None = None
    """Other views' conditions, for Perp-Neg."""
    rows: Tensor
    """Numbers of the views ``(B,)``."""
    progress: float
    level: float
    sigma: float
    schedule: Schedule
    scale: float
    inversion_scale: float
    options: StepOptions
    memory: ViewMemory
    particles: Denoises | None = None
    calls: int = 0
    """Prior calls so far, a guided pair counted once."""

    @property
    def has_negative(self) -> bool:
        """Whether there is a condition to go away from."""
        return self.negative is not None

    def count(self, calls: int) -> None:
        """Count prior calls that a rule makes itself."""
        self.calls += calls

    def noise(self, state: Tensor) -> Tensor:
        """Guided noise at the step's sigma."""
        return self._guided(state, self.sigma, self.scale)

    def inversion_noise(self, state: Tensor, sigma: float) -> Tensor:
        """Guided noise at the inversion's scale; 0 at sigma 0, where nothing is asked."""
        return self._guided(state, sigma, self.inversion_scale)

    def unconditional_noise(self, state: Tensor, sigma: float) -> Tensor:
        """Noise without condition, or under the one to go away from."""
        self.calls += sigma != 0
        return unguided_noise(self.prior, state, sigma, self.negative)

    def negative_noise(self, state: Tensor) -> Tensor:
        """Noise under the condition to go away from."""
        self.calls += 1
        return unguided_noise(self.prior, state, self.sigma, self.negative)

    def particle_noise(self, state: Tensor) -> Tensor:
        """Noise that the network which follows the renders predicts."""
        assert self.particles is not None
        return unguided_noise(self.particles, state, self.sigma, self.condition)

    def required_condition(self) -> Tensor:
        """Return the condition.

        Raises
        ------
        DataError
            If there is none.
        """
        if self.condition is None:
            raise DataError("guidance 'csd' and 'nfsd' are differences of conditions; give one")
        return self.condition

    def away(self) -> Tensor:
        """Condition to go away from, or rows that ask for none."""
        return no_condition(self.required_condition()) if self.negative is None else self.negative

    def remembered_noise(self) -> Tensor:
        """Fresh normal noise, correlated with the views' last one by ``noise_memory``."""
        drawn = torch.randn_like(self.images)
        keep = self.options.noise_memory
        if not keep:
            return drawn
        known, last = self.memory.get("noise", self.rows)
        mixed = keep * last.to(drawn) + (1 - keep**2) ** 0.5 * drawn
        noise = torch.where(_like(known, drawn), mixed, drawn)
        self.memory.put("noise", self.rows, noise)
        return noise

    def cached_noise(self) -> Tensor:
        """Noise kept by :meth:`cache_noise`, normal for views that have none yet."""
        known, last = self.memory.get("noise", self.rows)
        return torch.where(
            _like(known, self.images), last.to(self.images), torch.randn_like(self.images)
        )

    def cache_noise(self, noise: Tensor, target: Tensor) -> None:
        """Keep noise for the next step, and the images that it belongs to."""
        self.memory.put("noise", self.rows, noise)
        self.memory.put("clean", self.rows, target)

    def moved(self) -> Tensor:
        """Whether images are no longer those that the cached noise belongs to ``(B, 1, ...)``."""
        known, target = self.memory.get("clean", self.rows)
        away = (self.images - target.to(self.images)).flatten(1).square().mean(1).sqrt()
        return _like(known.to(away.device) & (away > MOVED), self.images)

    def _guided(self, state: Tensor, sigma: float, scale: float) -> Tensor:
        if sigma == 0:
            return torch.zeros_like(state)
        self.calls += 1
        return predicted_noise(
            self.prior,
            state,
            sigma,
            self.condition,
            scale=scale,
            negative=self.negative,
            others=self.others,
        )


def _like(known: Tensor, images: Tensor) -> Tensor:
    return known.to(images.device).reshape(-1, *[1] * (images.ndim - 1))
