"""Coloured 3-D Gaussians in plain torch (Kerbl et al. 2023)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoframe_sdi.scenes.base import Scene, background
from geoframe_sdi.scenes.cameras import axes_of, focal_of

PIXEL_BLUR = 0.3
"""Variance added to every splat on the image, in square pixels, so that none falls between."""
NEAR = 0.05
"""Depth below which a splat is not seen."""


class GaussianSplats(Scene):
    """Gaussians with place, shape, opacity and colour; every one is evaluated at every pixel.

    That is dense, and fine up to about two thousand at 64 x 64.

    Parameters
    ----------
    splats
        How many.
    radius
        Of the ball they start in.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        splats: int = 512,
        radius: float = 1.0,
        background: str = "white",
        shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(in_features, out_features, shape)
        self.ground = background
        outward = functional.normalize(torch.randn(splats, 3), dim=1)
        # Uniform in a ball of half the radius, as large as their distance.
        self.means = nn.Parameter(outward * (radius / 2) * torch.rand(splats, 1) ** (1 / 3))
        width = radius / 2 / splats ** (1 / 3)
        self.log_scales = nn.Parameter(math.log(width) + 0.1 * torch.randn(splats, 3))
        self.quaternions = nn.Parameter(functional.normalize(torch.randn(splats, 4), dim=1))
        self.opacities = nn.Parameter(torch.zeros(splats))
        self.colours = nn.Parameter(0.1 * torch.randn(splats, self.shape[0]))

    def forward(self, items: Tensor) -> Tensor:
        """Camera rows -> pixels ``(n, out_features)``."""
        views = [self._render(row[None]) for row in items]
        if not views:
            return self.means.new_zeros(0, self.out_features)
        return torch.cat(views).reshape(len(views), self.out_features)

    def _render(self, camera: Tensor) -> Tensor:
        channels, height, width = self.shape
        axes, focal = axes_of(camera)[0], focal_of(camera)[0] * width / 2
        local = (self.means - camera[0, :3]) @ axes
        depth = (-local[:, 2]).clamp_min(NEAR)
        seen = -local[:, 2] > NEAR
        centre = torch.stack(
            [width / 2 + focal * local[:, 0] / depth, height / 2 - focal * local[:, 1] / depth], 1
        )
        inverse = self._inverse_covariances(axes, focal, local, depth)
        order = depth.argsort()
        pixels = self._pixels(camera)
        away = pixels[:, None] - centre[order]
        form = (away[:, :, None] @ inverse[order] @ away[..., None])[..., 0, 0]
        alpha = torch.sigmoid(self.opacities[order]) * torch.exp(-form / 2) * seen[order]
        alpha = alpha.clamp_max(0.999)
        through = torch.cumprod(1 - alpha, 1)
        before = torch.cat([torch.ones_like(through[:, :1]), through[:, :-1]], 1)
        colour = (alpha * before) @ torch.tanh(self.colours[order])
        colour = colour + through[:, -1:] * background(self.ground, colour)
        return colour.T.reshape(1, channels, height, width)

    def _pixels(self, camera: Tensor) -> Tensor:
        _, height, width = self.shape
        v, u = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        return torch.stack([u.flatten(), v.flatten()], 1).to(camera) + 0.5

    def _inverse_covariances(
        self, axes: Tensor, focal: Tensor, local: Tensor, depth: Tensor
    ) -> Tensor:
        """Inverse of ``J W S W^T J^T + blur`` in square pixels ``(splats, 2, 2)``."""
        half = _rotations(self.quaternions) * self.log_scales.exp()[:, None]
        zero = torch.zeros_like(depth)
        jacobian = torch.stack(
            [
                torch.stack([focal / depth, zero, focal * local[:, 0] / depth**2], 1),
                torch.stack([zero, -focal / depth, -focal * local[:, 1] / depth**2], 1),
            ],
            1,
        )
        flat = jacobian @ axes.T @ half
        blur = PIXEL_BLUR * torch.eye(2, dtype=flat.dtype, device=flat.device)
        inverse: Tensor = torch.linalg.inv(flat @ flat.transpose(1, 2) + blur)
        return inverse


def _rotations(quaternions: Tensor) -> Tensor:
    """Rotation matrices ``(n, 3, 3)`` of quaternions ``(n, 4)``, real part first."""
    w, x, y, z = functional.normalize(quaternions, dim=1).unbind(1)
    rows = [
        *(1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        *(2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        *(2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    ]
    return torch.stack(rows, 1).reshape(-1, 3, 3)
