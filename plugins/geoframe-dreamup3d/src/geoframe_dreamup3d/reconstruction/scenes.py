"""Batches of images as the model takes them, and the points on their rays."""

from __future__ import annotations

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe_dreamup3d.table.inputs import NetworkInput

THICKNESS = 0.01
"""Metres behind the measured surface that are taken to be solid."""
NEAR_SURFACE = 0.02
"""Share of a ray, before the surface, that half of the samples of empty space come from."""


@attrs.frozen(eq=False)
class Images:
    """``b`` images of ``h x w`` pixels, in frames turned to their cameras."""

    points: Tensor
    """``(b, h, w, 3)``, metres."""
    rgb: Tensor
    """``(b, h, w, 3)`` in [0, 1]."""
    valid: Tensor
    """``(b, h, w)``: 1 with depth, else 0."""
    camera: Tensor
    """Camera -> frame ``(b, 4, 4)``."""
    intrinsics: Tensor
    """fx, fy, cx, cy ``(b, 4)``."""

    def to(self, device: torch.device) -> Images:
        """The same on another device."""
        return Images(*(each.to(device) for each in attrs.astuple(self, recurse=False)))

    def seen_empty(self, points: Tensor, margin: float = 0.0) -> Tensor:
        """Whether points ``(b, ..., 3)`` lie in front of the measured surface ``(b, ...)``."""
        b, h, w = self.valid.shape
        flat = points.reshape(b, -1, 3)
        back = torch.linalg.inv(self.camera)
        seen = exact_product(flat, back[:, :3, :3].transpose(1, 2)) + back[:, None, :3, 3]
        z = seen[..., 2].clamp(min=1e-6)
        fx, fy, cx, cy = self.intrinsics.unsqueeze(-1).unbind(1)
        column = (fx * seen[..., 0] / z + cx).floor().long()
        row = (fy * seen[..., 1] / z + cy).floor().long()
        inside = (column >= 0) & (column < w) & (row >= 0) & (row < h) & (seen[..., 2] > 0)
        at = row.clamp(0, h - 1) * w + column.clamp(0, w - 1)
        depth = self.depth().reshape(b, -1).gather(1, at)
        known = self.valid.reshape(b, -1).gather(1, at) > 0
        empty: Tensor = inside & known & (seen[..., 2] < depth - margin)
        return empty.reshape(points.shape[:-1])

    def depth(self) -> Tensor:
        """Distance of every pixel's point along the optical axis ``(b, h, w)``."""
        away = self.points - self.camera[:, None, None, :3, 3]
        return (away * self.camera[:, None, None, :3, 2]).sum(-1)


def exact_product(points: Tensor, matrix: Tensor) -> Tensor:
    """``points @ matrix`` in full precision, whatever networks work in: bf16 knows millimetres."""
    with torch.autocast(points.device.type, enabled=False):
        return points.float() @ matrix.float()


def images_of(seen: NetworkInput, window: tuple[slice, slice]) -> Images:
    """Part of one view, as a batch of one."""
    view = seen.view
    fx, fy, cx, cy = view.intrinsics
    shifted = np.array([fx, fy, cx - window[1].start, cy - window[0].start])

    def tensor(array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))[None]

    return Images(
        tensor(seen.points[window]),
        tensor(view.rgb[window].astype(np.float32) / 255),
        tensor(view.valid[window]),
        tensor(seen.turn @ view.camera),
        tensor(shifted),
    )


@attrs.frozen(eq=False)
class RaySamples:
    """For ``m`` pixels of each image a point in the surface and one in the air before it."""

    pixels: Tensor
    """``(b, m)``, row by row."""
    surface: Tensor
    """``(b, m, 3)``."""
    air: Tensor
    """``(b, m, 3)``."""
    weight: Tensor
    """One over the density that the air's point was drawn with, metres ``(b, m)``."""
    rays: Tensor
    """Unit directions ``(b, m, 3)``."""
    rgb: Tensor
    """``(b, m, 3)``."""
    scale: Tensor
    """Pixels with depth for each pixel drawn ``(b,)``: sums over those drawn times this
    estimate sums over all."""


def draw_rays(images: Images, count: int) -> RaySamples:
    """Draw pixels with depth, and their points: one just behind the surface, one before it.

    The air's point comes with equal probability from the last 2 % of the ray or from the rest.
    """
    b, h, w = images.valid.shape
    usable = images.valid.reshape(b, -1)
    pixels = torch.multinomial(usable.clamp(min=1e-12), min(count, h * w))
    index = pixels.unsqueeze(-1).expand(-1, -1, 3)
    points = images.points.reshape(b, -1, 3).gather(1, index)
    rgb = images.rgb.reshape(b, -1, 3).gather(1, index)
    depth = images.depth().reshape(b, -1).gather(1, pixels).clamp(min=1e-3)
    origin = images.camera[:, None, :3, 3]
    per_metre = (points - origin) / depth.unsqueeze(-1)  # along the ray for a metre of depth
    behind = depth + THICKNESS * torch.rand_like(depth)
    close = torch.rand_like(depth) < 0.5
    far_end = (1 - NEAR_SURFACE) * depth
    u = torch.rand_like(depth)
    before = torch.where(close, far_end + u * NEAR_SURFACE * depth, u * far_end)
    return RaySamples(
        pixels,
        origin + behind.unsqueeze(-1) * per_metre,
        origin + before.unsqueeze(-1) * per_metre,
        2 * torch.where(close, NEAR_SURFACE * depth, far_end),
        per_metre / per_metre.norm(dim=-1, keepdim=True),
        rgb,
        usable.sum(1) / pixels.shape[1],
    )
