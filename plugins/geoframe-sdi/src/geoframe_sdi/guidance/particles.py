"""The network of VSD, which learns what the renders look like with noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from geoframe_diffusion.guidance import no_condition, unguided_noise
from geoframe_diffusion.schedule import Schedule

if TYPE_CHECKING:
    from geoframe.capabilities import Denoises

DROP = 0.1
"""Share of conditions that are hidden from it."""


class ParticleLoss(nn.Module):
    """Denoising loss of a copy of the prior on the present renders (Wang et al. 2023).

    It sees the condition, not the camera.

    Parameters
    ----------
    network
        The copy; it trains.
    schedule
        Levels to draw from.
    """

    def __init__(self, network: nn.Module, schedule: Schedule) -> None:
        super().__init__()
        self.network, self.schedule = network, schedule

    @property
    def denoiser(self) -> Denoises:
        """The network, by what it can do."""
        return self.network  # type: ignore[return-value]

    def forward(self, images: Tensor, condition: Tensor | None) -> Tensor:
        """Mean squared error of the predicted noise at one drawn level."""
        sigma = self.schedule.sigma(int(torch.randint(len(self.schedule), ())))
        drawn = torch.randn_like(images)
        if condition is not None and float(torch.rand(())) < DROP:
            condition = no_condition(condition)
        found = unguided_noise(self.denoiser, images + sigma * drawn, sigma, condition)
        return (found - drawn).square().mean()
