"""The network of VSD, which learns what the renders look like with noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from geoframe_diffusion.guidance import no_condition, unguided_noise
from geoframe_diffusion.schedule import Schedule
from geoframe_sdi.guidance.poses import PoseEmbedding

if TYPE_CHECKING:
    from geoframe.capabilities import Denoises

DROP = 0.1
"""Share of steps at which condition and camera are hidden from it."""


class ParticleLoss(nn.Module):
    """Denoising loss of a copy of the prior on the present renders (Wang et al. 2023).

    It sees the condition and, where it has a time embedding, the camera.

    Parameters
    ----------
    network
        The copy; it trains.
    schedule
        Levels to draw from.
    pose
        Numbers of a camera row; 0 if there are no cameras.
    """

    def __init__(self, network: nn.Module, schedule: Schedule, pose: int = 0) -> None:
        super().__init__()
        self.network, self.schedule = network, schedule
        self.poses = PoseEmbedding.into(network, pose) if pose else None

    def look_from(self, cameras: Tensor | None) -> None:
        """Tell the network where the next images are seen from ``(B, pose)``; None hides it."""
        if self.poses is not None:
            self.poses.cameras = cameras

    @property
    def denoiser(self) -> Denoises:
        """The network, by what it can do."""
        return self.network  # type: ignore[return-value]

    def forward(self, images: Tensor, condition: Tensor | None) -> Tensor:
        """Mean squared error of the predicted noise at one drawn level."""
        sigma = self.schedule.sigma(int(torch.randint(len(self.schedule), ())))
        drawn = torch.randn_like(images)
        if float(torch.rand(())) < DROP:
            condition = None if condition is None else no_condition(condition)
            self.look_from(None)
        found = unguided_noise(self.denoiser, images + sigma * drawn, sigma, condition)
        return (found - drawn).square().mean()
