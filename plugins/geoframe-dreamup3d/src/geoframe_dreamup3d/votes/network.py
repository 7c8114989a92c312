"""The voting network: for each pixel, is it an object, and where is that object's centre."""

from __future__ import annotations

from torch import Tensor, nn

from geoframe_dreamup3d.backbones.channels import network_channels
from geoframe_dreamup3d.backbones.grid_unet import GridUNet
from geoframe_dreamup3d.table.inputs import CHANNELS

REACH = 0.05
"""Metres that an output of 1 moves a vote by."""


class VotingNetwork(nn.Module):
    """Organised points -> foreground logits and votes for centres.

    A vote is the pixel's own point plus a learned offset, so a network that has learned nothing
    votes for the visible surface, and its groups are Euclidean clusters.
    """

    def __init__(self) -> None:
        super().__init__()
        self.unet = GridUNet(CHANNELS, 4)

    def forward(self, points: Tensor, rgb: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Look at a batch.

        Parameters
        ----------
        points
            ``(b, h, w, 3)``, metres, table at z = 0.
        rgb
            ``(b, h, w, 3)`` in [0, 1].
        valid
            ``(b, h, w)``: 1 where there is depth.

        Returns
        -------
        tuple
            Logits ``(b, h, w)`` of showing an object, and votes ``(b, h, w, 3)``, metres.
        """
        return self._read(points, self.unet(network_channels(points, rgb, valid))[0])

    def _read(self, points: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        return features[:, 0], points + REACH * features[:, 1:].permute(0, 2, 3, 1)
