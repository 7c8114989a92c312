"""Samplers that are denoisers: DDIM draws from any of them."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from geoframe import Sampler
from geoframe_diffusion.ddim import descend
from geoframe_diffusion.guidance import predicted_noise
from geoframe_diffusion.noise import generator_of
from geoframe_diffusion.schedule import Schedule

LARGEST_SIGMA = 15.0
"""Sigma that sampling starts from where the schedule goes further: beyond it, images of values
in [-1, 1] are noise alone, while errors of the predicted noise are multiplied by sigma."""


class DenoisingSampler(Sampler):
    """A sampler with the capability ``Denoises``, and its own noise levels."""

    schedule: Schedule
    steps: int
    """DDIM steps of a sample."""
    unit: float = 1.0
    """What the schedule's sigmas are multiples of: half the range of the items, say."""
    centre: float = 0.0
    """The value in the middle of that range."""

    @abstractmethod
    def denoise(
        self, noisy: Tensor, sigma: float | Tensor, condition: Tensor | None = None
    ) -> Tensor:
        """Posterior mean of the data given ``noisy = x + sigma e`` ``(B, *item_shape)``.

        Parameters
        ----------
        noisy, sigma
            In the units of the data; sigma is one number, or one for each row ``(B,)``.
        condition
            Rows ``(B, ...)`` of labels or of whatever the model was trained on; a row of -1
            (integers) or nan, or None, asks without condition.
        """

    def sample(
        self,
        n: int,
        *,
        generator: torch.Generator | None = None,
        condition: Tensor | None = None,
        scale: float = 1.0,
    ) -> Tensor:
        """Draw ``n`` items with DDIM, under a condition ``(n, ...)`` and guidance if given."""
        noise = torch.randn(n, *self.item_shape, generator=generator)
        return self.descended(noise, condition, scale)

    def draw(self, n: int, *, seed: int, first: int = 0) -> dict[str, Tensor]:
        """Draw items of the stream ``seed``; each starts from noise of its own."""
        drawn = [
            torch.randn(self.item_shape, generator=generator_of(seed, index))
            for index in range(first, first + n)
        ]
        noise = torch.stack(drawn) if drawn else torch.empty(0, *self.item_shape)
        return {"items": self.descended(noise, None, 1.0)}

    @torch.no_grad()
    def descended(self, noise: Tensor, condition: Tensor | None, scale: float) -> Tensor:
        """Items ``(n, *item_shape)`` that DDIM leads standard normal ``noise`` to."""
        if not len(noise):
            return noise
        ladder = self.schedule.ladder(self.steps, LARGEST_SIGMA, self.schedule.sigmas[0])
        sigmas = [self.unit * sigma for sigma in ladder]
        return descend(
            lambda noisy, sigma: predicted_noise(self, noisy, sigma, condition, scale=scale),
            self.centre + sigmas[0] * noise,
            sigmas,
        )
