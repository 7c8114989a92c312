"""A U-Net over the image's own grid of points: the quick backbone on a CPU."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (16, 32, 64, 64, 64)
"""Channels from the full grid down to a sixteenth of it."""


class GridUNet(nn.Module):
    """Organised points ``(b, in_channels, h, w)`` -> features at the grid or at half of it.

    Parameters
    ----------
    in_channels
        Channels of a point: coordinates, colour, whether it was measured.
    out_channels
        Features of a point.
    widths
        Channels of each level; every level but the first halves the grid.
    stride
        1 puts out features at every pixel, 2 at every second one.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        widths: Sequence[int] = WIDTHS,
        stride: int = 1,
    ) -> None:
        super().__init__()
        if stride not in (1, 2):
            raise ValueError(f"stride must be 1 or 2, got {stride}")
        self.scene_channels = widths[-1]
        self.stem = block(in_channels, widths[0])
        self.down = nn.ModuleList(
            nn.Sequential(block(a, b, stride=2), block(b, b)) for a, b in pairwise(widths)
        )
        last = 0 if stride == 1 else 1
        self.up = nn.ModuleList(
            block(widths[level + 1] + widths[level], widths[level])
            for level in reversed(range(last, len(widths) - 1))
        )
        self.head = nn.Conv2d(widths[last], out_channels, 1)

    def forward(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return features ``(b, out_channels, h / stride, w / stride)`` and scene ``(b, c)``.

        The scene's vector is the mean over the coarsest level.
        """
        h, w = points.shape[-2:]
        step = 2 ** len(self.down)
        padded = functional.pad(points, (0, -w % step, 0, -h % step))
        levels = [self.stem(padded)]
        for layer in self.down:
            levels.append(layer(levels[-1]))
        scene = levels[-1].mean((-2, -1))
        found = levels.pop()
        for layer in self.up:
            skipped = levels.pop()
            found = functional.interpolate(found, size=skipped.shape[-2:])
            found = layer(torch.cat([found, skipped], 1))
        stride = padded.shape[-1] // found.shape[-1]
        return self.head(found)[..., : -(-h // stride), : -(-w // stride)], scene


def block(in_channels: int, out_channels: int, *, stride: int = 1) -> nn.Sequential:
    """3 x 3 convolution, group normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False),
        nn.GroupNorm(max(1, out_channels // 16), out_channels),
        nn.ReLU(inplace=True),
    )
