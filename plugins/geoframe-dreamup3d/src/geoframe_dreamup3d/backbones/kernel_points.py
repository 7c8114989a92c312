"""Kernel point convolution in plain torch.

Thomas, Qi, Deschaud, Marcotegui, Goulette and Guibas, "KPConv: Flexible and Deformable
Convolution for Point Clouds", ICCV 2019 (the rigid kind).
"""

from __future__ import annotations

import math

import attrs
import torch
from torch import Tensor, nn

from geoframe_dreamup3d.backbones.interpolation import distances

POINTS = 15
"""Kernel points: one at the centre, fourteen around it."""
SHELL = 2 / 3
"""Distance of the outer kernel points from the centre, in radii."""
EXTENT = 1.2 / 2.5
"""Reach of a kernel point, in radii."""


@attrs.frozen(eq=False)
class Neighbours:
    """For ``q`` points of each cloud, up to ``m`` of ``s`` others within a radius."""

    index: Tensor
    """``(b, q, m)``."""
    offset: Tensor
    """From the point to the neighbour, in radii ``(b, q, m, 3)``."""
    there: Tensor
    """1, or 0 where there are fewer ``(b, q, m)``."""

    def gather(self, features: Tensor) -> Tensor:
        """Features ``(b, s, c)`` of the neighbours ``(b, q, m, c)``."""
        b, q, m = self.index.shape
        flat = self.index.reshape(b, q * m, 1).expand(-1, -1, features.shape[-1])
        return features.gather(1, flat).reshape(b, q, m, -1)


@torch.no_grad()
def neighbours(asked: Tensor, places: Tensor, radius: float, most: int) -> Neighbours:
    """Find the nearest neighbours of points ``(b, q, 3)`` among ``(b, s, 3)``, one cloud a time."""
    parts = []
    for a, p in zip(asked, places, strict=True):
        distance, index = distances(a, p).topk(min(most, len(p)), largest=False)
        parts.append((index, (p[index] - a[:, None]) / radius, (distance <= radius).to(p.dtype)))
    return Neighbours(*(torch.stack(each) for each in zip(*parts, strict=True)))


class KernelPointConv(nn.Module):
    """Sum over kernel points of the weighted sum of the features that lie near each.

    A neighbour at offset y counts max(0, 1 - |y - p| / e) for the kernel point at p.
    """

    kernel: Tensor

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(POINTS, in_channels, out_channels))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        self.register_buffer("kernel", kernel_points(), persistent=False)

    def forward(self, features: Tensor, near: Neighbours) -> Tensor:
        """Features ``(b, s, in)`` -> ``(b, q, out)``."""
        distance = (near.offset.unsqueeze(-2) - self.kernel).norm(dim=-1)
        influence = (1 - distance / EXTENT).clamp(min=0) * near.there.unsqueeze(-1)
        gathered = influence.transpose(2, 3) @ near.gather(features)
        return torch.einsum("bqkc,kcd->bqd", gathered, self.weight)


def kernel_points() -> Tensor:
    """Return the kernel ``(15, 3)`` in a ball of radius 1: centre, and a rhombic dodecahedron.

    Its fourteen corners are the six ends of the axes and the eight corners of a cube, which lie
    about as far from each other as fourteen points on a sphere can.
    """
    axes = torch.cat([torch.eye(3), -torch.eye(3)])
    signs = torch.tensor([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    cube = signs / math.sqrt(3)
    return torch.cat([torch.zeros(1, 3), SHELL * axes, SHELL * cube])
