"""What the voting network is trained to: masks of objects and their centres."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from geoframe import Objective
from geoframe_dreamup3d.votes.network import REACH, VotingNetwork
from geoframe_dreamup3d.votes.samples import VoteSamples

SHIFT = 4
"""Pixels that windows are moved by at random."""
KINK = 0.1
"""Error of a vote, in units of :data:`REACH`, up to which the loss is quadratic."""


class VotesObjective(Objective):
    """Cross-entropy of the foreground, smooth absolute error of the votes.

    Half of the views of a batch are mirrored.

    Parameters
    ----------
    network
        What is trained.
    samples
        Labelled views; they are no part of the state.
    window
        Side of the windows cut from them, pixels.
    foreground_weight
        Weight of the cross-entropy.
    """

    def __init__(
        self,
        network: VotingNetwork,
        samples: VoteSamples,
        *,
        window: int,
        foreground_weight: float,
    ) -> None:
        super().__init__()
        self.network = network
        self.samples = samples
        self.window = window
        self.foreground_weight = foreground_weight

    def __len__(self) -> int:
        return len(self.samples)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Loss on the views ``items``, and the mean distance of votes from their centres, cm."""
        device = items.device
        items = items.cpu()
        shift = torch.randint(-SHIFT, SHIFT + 1, (len(items), 2))
        batch = self.samples.batch(items, self.window, shift)
        points, rgb, valid, labels, centres = (each.to(device) for each in batch)
        mirrored = (torch.rand(len(items)) < 0.5).to(device)
        points, rgb, valid, labels, centres = _mirror(mirrored, points, rgb, valid, labels, centres)
        logits, votes = self.network(points, rgb, valid)
        inside = labels > 0
        targets = _own(centres, labels)
        error = (votes.float() - targets) / REACH
        count = inside.sum().clamp(min=1)
        off = functional.smooth_l1_loss(error, torch.zeros_like(error), reduction="none", beta=KINK)
        voting = (off.sum(-1) * inside).sum() / count
        foreground = functional.binary_cross_entropy_with_logits(
            logits.float(), inside.float(), weight=valid
        )
        centimetres = 100 * REACH * (error.detach().norm(dim=-1) * inside).sum() / count
        return {
            "loss": voting + self.foreground_weight * foreground,
            "vote_error_cm": centimetres,
            "foreground": foreground.detach(),
        }


def _own(centres: Tensor, labels: Tensor) -> Tensor:
    """Centre of each pixel's object ``(b, h, w, 3)``; anything where there is none."""
    b = len(labels)
    index = (labels - 1).clamp(min=0).reshape(b, -1, 1).expand(-1, -1, 3)
    return centres.gather(1, index).reshape(*labels.shape, 3)


def _mirror(
    which: Tensor, points: Tensor, rgb: Tensor, valid: Tensor, labels: Tensor, centres: Tensor
) -> tuple[Tensor, ...]:
    """Exchange left and right of some views."""
    sign = torch.where(which, -1.0, 1.0)
    flip = torch.ones(len(which), 3, device=points.device)
    flip[:, 0] = sign
    images = []
    for image in (points, rgb, valid, labels):
        chosen = which.reshape(-1, *[1] * (image.ndim - 1))
        images.append(torch.where(chosen, image.flip(2), image))
    return images[0] * flip[:, None, None], *images[1:], centres * flip[:, None]
