"""A mesh of which the texture trains."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoframe_sdi.scenes.base import Scene, background
from geoframe_sdi.surface import Mesh, read_mesh, read_obj, torus, torus_mesh

SUPERSAMPLE = 2
"""Rows and columns of points in a pixel."""
REMEMBERED = 512
"""Cameras whose visible points are kept."""


class MeshTexture(Scene):
    """A texture, looked up at the visible points of a surface; the geometry is fixed.

    Parameters
    ----------
    path
        An obj with texture coordinates; a torus if None.
    texture
        Height and width of the texture.
    points
        Points on the surface.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        path: Path | None = None,
        texture: int = 128,
        points: int = 60_000,
        shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(in_features, out_features, shape)
        self.path = None if path is None else Path(path)
        self.surface = torus(points) if path is None else read_obj(Path(path), points)
        self.texture = nn.Parameter(torch.zeros(1, self.shape[0], texture, texture))
        self._seen: OrderedDict[bytes, Tensor] = OrderedDict()

    def forward(self, items: Tensor) -> Tensor:
        """Camera rows -> pixels ``(n, out_features)``."""
        channels, height, width = self.shape
        if not len(items):
            return self.texture.new_zeros(0, self.out_features)
        seen = torch.stack([self._visible(row) for row in items.detach()])
        hit = (seen >= 0)[:, None]
        uv = self.surface.uv.to(self.texture)[seen.clamp_min(0)]
        places = torch.stack([uv[..., 0] * 2 - 1, 1 - uv[..., 1] * 2], -1)
        texture = self.texture.expand(len(items), -1, -1, -1)
        found = torch.tanh(functional.grid_sample(texture, places, align_corners=False))
        painted = torch.where(hit, found, background("white", found))
        pooled = functional.avg_pool2d(painted, SUPERSAMPLE)
        return pooled.reshape(len(items), channels * height * width)

    def mesh(self) -> Mesh:
        """The triangles, read again: only an export needs them."""
        return torus_mesh() if self.path is None else read_mesh(self.path)

    def _visible(self, row: Tensor) -> Tensor:
        key = row.double().numpy(force=True).tobytes()
        if key not in self._seen:
            _, height, width = self.shape
            found = self.surface.visible(row.cpu(), SUPERSAMPLE * height, SUPERSAMPLE * width)
            self._seen[key] = found.to(self.texture.device)
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return self._seen[key]
