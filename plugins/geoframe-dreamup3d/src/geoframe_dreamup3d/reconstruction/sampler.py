"""New scenes from the priors of the codes, drawn by ray marching."""

from __future__ import annotations

import hashlib
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from geoframe import Sampler
from geoframe_data.scene_files.layouts import looking_at
from geoframe_dreamup3d.generator.placement import HALF_EXTENT
from geoframe_dreamup3d.generator.scenes import FOCAL, LOOKED_AT
from geoframe_dreamup3d.reconstruction.fields import DENSITY, compose
from geoframe_dreamup3d.reconstruction.model import ReconstructionModel

STEPS = 64
"""Points on a ray."""
NEAR, FAR = 0.35, 1.2
"""Metres from the camera between which rays are followed."""
ELEVATION, DISTANCE = 47.0, 0.72
"""Of the camera, degrees and metres."""
ATTEMPTS = 30
"""Places tried for one object."""
RAYS = 1024
"""Rays that are followed at once."""


class SceneSampler(Sampler):
    """Draws images with depth ``(4, side, side)``: colours in [0, 1], then metres.

    Codes of two to ``slots`` objects and of the background come from the standard normal prior;
    objects stand upright, turned at random, where their boxes do not meet.

    Parameters
    ----------
    model
        Trained.
    side
        Pixels.
    """

    def __init__(self, model: ReconstructionModel, side: int = 64) -> None:
        super().__init__()
        self.model = model.eval()
        self.side = side

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Four channels of a square image."""
        return (4, self.side, self.side)

    def fit(self, data: Tensor) -> Self:
        """Take the images' size from items ``(n, 4, side, side)``; the fields stay as trained."""
        self.side = data.shape[-1]
        return self

    def draw(self, n: int, *, seed: int, first: int = 0) -> dict[str, Tensor]:
        """Draw scenes of a stream; each depends on the seed and on its number alone."""
        items = []
        for number in range(first, first + n):
            digest = hashlib.sha256(f"{seed} {number}".encode()).digest()
            generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
            items.append(self.sample(1, generator=generator))
        return {"items": torch.cat(items) if items else self.sample(0)}

    @torch.inference_mode()
    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw ``n`` scenes -> ``(n, 4, side, side)``."""
        if n == 0:
            return torch.zeros(0, *self.item_shape)
        return torch.stack([self._scene(generator) for _ in range(n)])

    def _scene(self, generator: torch.Generator | None) -> Tensor:
        options = self.model.options
        most = max(2, options.slots)
        count = int(torch.randint(2, most + 1, (1,), generator=generator))
        codes = torch.randn(1, count, options.latent, generator=generator)
        ground = torch.randn(1, options.latent, generator=generator)
        centres = _places(count, options.box, generator)
        yaw = 2 * torch.pi * torch.rand(count, generator=generator)
        c, s, o, i = yaw.cos(), yaw.sin(), torch.zeros(count), torch.ones(count)
        rotation = torch.stack([c, -s, o, s, c, o, o, o, i], 1).reshape(1, count, 3, 3)
        idle = torch.zeros(1, count, dtype=torch.bool)
        origin, rays = self._rays()
        step = (FAR - NEAR) / STEPS
        distance = NEAR + step * (torch.arange(STEPS) + 0.5)
        parts = []
        for some in rays.split(RAYS):
            points = (origin + some[:, None] * distance[:, None]).reshape(1, -1, 3)
            along = some[:, None].expand(-1, STEPS, 3).reshape(1, -1, 3)
            logits, colours = self.model.draw(points, along, codes, ground, centres, rotation, idle)
            made = compose(logits)
            shares = logits.softmax(1).unsqueeze(-1)
            colour = (shares * colours).sum(1).reshape(-1, STEPS, 3)
            opaque = (made.occupancy * DENSITY * step).clamp(max=1).reshape(-1, STEPS)
            left = functional.pad((1 - opaque).cumprod(1), (1, -1), value=1.0)
            weight = opaque * left
            total = weight.sum(1, keepdim=True).clamp(min=1e-6)
            parts.append(
                torch.cat(
                    [
                        (weight.unsqueeze(-1) * colour).sum(1) / total,
                        (weight * distance).sum(1, keepdim=True) / total,
                    ],
                    1,
                )
            )
        image = torch.cat(parts)
        image[:, 3] *= self._cosines()
        return image.T.reshape(self.item_shape)

    def _camera(self) -> Tensor:
        elevation = np.radians(ELEVATION)
        away = np.array([0.0, -np.cos(elevation), np.sin(elevation)])
        return torch.from_numpy(looking_at(LOOKED_AT + DISTANCE * away, LOOKED_AT)).float()

    def _rays(self) -> tuple[Tensor, Tensor]:
        """Place of the camera, and unit directions ``(side^2, 3)``."""
        camera = self._camera()
        grid = (torch.arange(self.side) + 0.5 - self.side / 2) / (FOCAL * self.side)
        v, u = torch.meshgrid(grid, grid, indexing="ij")
        rays = torch.stack([u, v, torch.ones_like(u)], -1).reshape(-1, 3)
        return camera[:3, 3], functional.normalize(rays, dim=1) @ camera[:3, :3].T

    def _cosines(self) -> Tensor:
        """Depth along the optical axis of a metre along each ray ``(side^2,)``."""
        camera = self._camera()
        return self._rays()[1] @ camera[:3, 2]


def _places(count: int, box: float, generator: torch.Generator | None) -> Tensor:
    """Centres ``(1, count, 3)`` on the table whose boxes keep apart, as far as there is room."""
    found: list[Tensor] = []
    for _ in range(count):
        for _ in range(ATTEMPTS):
            flat = (2 * torch.rand(2, generator=generator) - 1) * HALF_EXTENT
            if all((flat - other[:2]).norm() > 0.6 * box for other in found):
                break
        found.append(torch.cat([flat, torch.tensor([0.3 * box])]))
    return torch.stack(found)[None]
