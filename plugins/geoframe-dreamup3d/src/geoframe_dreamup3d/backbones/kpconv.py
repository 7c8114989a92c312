"""The paper's backbone: a U-Net of kernel point convolutions over four levels of points."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoframe_dreamup3d.backbones.interpolation import interpolate
from geoframe_dreamup3d.backbones.kernel_points import KernelPointConv, Neighbours, neighbours
from geoframe_dreamup3d.table.inputs import CHANNELS, LENGTH

RADII = (0.025, 0.05, 0.1, 0.2)
"""Radius of the neighbourhoods of each level, metres."""
WIDTHS = (16, 32, 64, 64)
MOST = 16
"""Neighbours of a point, at most; half as many in the first layer."""
SCENE_RADIUS = 1.0
"""Radius, metres, of the one convolution that sees the whole scene."""


class KPConvUNet(nn.Module):
    """Organised points ``(b, 7, h, w)`` -> features at every second row and column.

    Levels are thinned out by rows and columns of the image, a quarter each, in place of farthest
    points. The up-path starts from what was decoded last.

    Parameters
    ----------
    out_channels
        Features of a point.
    """

    scene_channels = WIDTHS[-1]

    def __init__(self, out_channels: int) -> None:
        super().__init__()
        first = WIDTHS[0]
        self.stem = KernelPointConv(CHANNELS, first)
        self.stem_norm = nn.GroupNorm(1, first)
        self.entry = Residual(first, first)
        self.strided = nn.ModuleList(Residual(a, b) for a, b in pairwise(WIDTHS))
        self.blocks = nn.ModuleList(
            nn.ModuleList(Residual(width, width) for _ in range(2)) for width in WIDTHS[1:]
        )
        self.scene = KernelPointConv(WIDTHS[-1], WIDTHS[-1])
        self.lifted = nn.ModuleList(Unary(64, width) for width in (64, 32))
        self.skipped = nn.ModuleList(Unary(width, width) for width in (64, 32))
        self.out = nn.Sequential(Unary(32, 32, slope=0.1), nn.Linear(32, out_channels))

    def forward(self, channels: Tensor) -> tuple[Tensor, Tensor]:
        """Return features ``(b, out_channels, h / 2, w / 2)`` and the scene ``(b, 64)``."""
        b, _, h, w = channels.shape
        grids = [channels[..., :: 2**k, :: 2**k] for k in range(4)]
        places = [grid[:, :3].flatten(2).transpose(1, 2) * LENGTH for grid in grids]
        features = channels.flatten(2).transpose(1, 2)
        near = neighbours(places[0], places[0], RADII[0], MOST)
        few = Neighbours(
            *(each[:, :, : MOST // 2] for each in (near.index, near.offset, near.there))
        )
        x = functional.relu(normalised(self.stem_norm, self.stem(features, few)))
        x = self.entry(x, near)
        levels = []
        for k, (strided, pair) in enumerate(zip(self.strided, self.blocks, strict=True)):
            x = strided(x, neighbours(places[k + 1], places[k], RADII[k + 1], MOST))
            near = neighbours(places[k + 1], places[k + 1], RADII[k + 1], MOST)
            assert isinstance(pair, nn.ModuleList)
            for layer in pair:
                x = layer(x, near)
            levels.append(x)
        origin = torch.zeros_like(places[3][:, :1])
        whole = neighbours(origin, places[3], SCENE_RADIUS, places[3].shape[1])
        scene = self.scene(x, whole).squeeze(1)
        for k, (lift, skip) in enumerate(zip(self.lifted, self.skipped, strict=True)):
            fine, coarse = places[2 - k], places[3 - k]
            lifted = interpolate(x.transpose(1, 2), coarse, fine).transpose(1, 2)
            x = lift(lifted) + skip(levels[1 - k])
        found = self.out(x).transpose(1, 2)
        return found.reshape(b, -1, -(-h // 2), -(-w // 2)), scene


class Residual(nn.Module):
    """Bottleneck of a quarter of the channels, with the neighbours' maximum as shortcut."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        inner = out_channels // 4
        self.narrow = Unary(in_channels, inner)
        self.conv = KernelPointConv(inner, inner)
        self.wide = Unary(inner, out_channels)
        self.shortcut = nn.Linear(in_channels, out_channels, bias=False)
        self.norm = nn.GroupNorm(max(1, out_channels // 16), out_channels)

    def forward(self, features: Tensor, near: Neighbours) -> Tensor:
        """Features ``(b, s, in)`` -> ``(b, q, out)``."""
        x = self.wide(self.conv(self.narrow(features), near))
        around = near.gather(features).masked_fill(near.there.unsqueeze(-1) == 0, -torch.inf)
        most = around.amax(2)
        most = torch.where(most.isfinite(), most, 0.0)  # a point without any neighbour
        out: Tensor = x + normalised(self.norm, self.shortcut(most))
        return out


class Unary(nn.Module):
    """Linear, group normalisation, (leaky) ReLU on each point."""

    def __init__(self, in_channels: int, out_channels: int, *, slope: float = 0.0) -> None:
        super().__init__()
        self.linear = nn.Linear(in_channels, out_channels, bias=False)
        self.norm = nn.GroupNorm(max(1, out_channels // 16), out_channels)
        self.slope = slope

    def forward(self, features: Tensor) -> Tensor:
        """Features ``(b, n, in)`` -> ``(b, n, out)``."""
        return functional.leaky_relu(normalised(self.norm, self.linear(features)), self.slope)


def normalised(norm: nn.GroupNorm, features: Tensor) -> Tensor:
    """Apply a group normalisation to features ``(b, n, c)``."""
    out: Tensor = norm(features.transpose(1, 2)).transpose(1, 2)
    return out
