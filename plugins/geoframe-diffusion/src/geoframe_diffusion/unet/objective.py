"""What the small network minimises."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from geoframe import Objective
from geoframe_diffusion.networks.denoiser import NetworkDenoiser
from geoframe_diffusion.prediction import output_of
from geoframe_diffusion.schedule import by_row

WARMUP = 10
"""The average follows the weights at first: its decay is at most (1 + k) / (WARMUP + k)."""


class DenoisingObjective(Objective):
    """Mean squared error of the prediction at uniformly drawn levels (Ho et al. 2020).

    It keeps a moving average of the weights, which is what denoises in the end.

    Parameters
    ----------
    denoiser
        The network, untrained.
    images
        ``(n, C, H, W)`` with values in [-1, 1].
    labels
        ``(n,)``, or None.
    label_drop
        Share of labels that are hidden.
    ema
        Decay of the average.
    """

    sigmas: Tensor
    updates: Tensor

    def __init__(
        self,
        denoiser: NetworkDenoiser,
        images: Tensor,
        labels: Tensor | None,
        *,
        label_drop: float,
        ema: float,
    ) -> None:
        super().__init__()
        self.denoiser, self.label_drop, self.ema = denoiser, label_drop, ema
        self.images, self.labels = images, labels
        self.network = denoiser.network
        self.averaged: nn.Module = copy.deepcopy(self.network).requires_grad_(False)
        sigmas = torch.tensor(denoiser.schedule.sigmas, dtype=torch.float32)
        self.register_buffer("sigmas", sigmas, persistent=False)
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    def __len__(self) -> int:
        return len(self.images)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Noise a batch of images, and compare the prediction with the truth."""
        if self.training:
            self.average()
        rows = items.to(self.images.device)
        images = self.images[rows].to(items.device)
        labels: Tensor | None = None
        if self.labels is not None:
            labels = self.labels[rows].to(items.device)
            labels = torch.where(
                torch.rand(len(rows)).to(items.device) < self.label_drop, -1, labels
            )
        levels = torch.randint(len(self.sigmas), (len(rows),)).to(items.device)
        sigma = by_row(self.sigmas[levels], images)
        alpha = self.denoiser.schedule.signal(sigma)
        state = alpha * (images + sigma * torch.randn(images.shape).to(images))
        given = {}
        if labels is not None and self.denoiser.arguments is not None:
            given = dict(self.denoiser.arguments(labels))
        output = self.network(state, levels, **given, return_dict=False)[0]
        truth = output_of(self.denoiser.prediction, images, state, alpha, alpha * sigma)
        return {"loss": (output - truth).square().mean()}

    @torch.no_grad()
    def average(self) -> None:
        """Move the average towards the weights."""
        count = int(self.updates)
        decay = min(self.ema, (1 + count) / (WARMUP + count))
        for mean, value in zip(self.averaged.parameters(), self.network.parameters(), strict=True):
            mean.lerp_(value, 1 - decay)
        self.updates += 1
