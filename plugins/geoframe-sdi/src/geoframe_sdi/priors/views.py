"""Views of a mesh whose distribution is known exactly."""

from __future__ import annotations

from collections import OrderedDict
from itertools import permutations
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from geoframe import DataError
from geoframe.data import stored_file
from geoframe_data.scene_files.images import read_colour
from geoframe_diffusion.exact import smoothed
from geoframe_diffusion.sampling import DenoisingSampler
from geoframe_diffusion.schedule import scaled_linear
from geoframe_sdi.scenes.cameras import random_orbit
from geoframe_sdi.surface import Surface, read_obj, torus

SUPERSAMPLE = 2
REMEMBERED = 512
"""Cameras whose renders are kept."""
DETAIL = 0.35
"""Height of the fine patterns, in the pixels' range."""
FREQUENCY = 24.0
"""Of the fine patterns, in radians per unit of length."""
TINTS = (
    *((1.0, 0.55, 0.35), (0.4, 0.7, 1.0), (0.55, 1.0, 0.45)),
    *((1.0, 0.9, 0.3), (0.8, 0.4, 1.0), (0.9, 0.9, 0.9)),
)
"""Factors of the channels in each colouring."""
FOLDER = "spot-mesh"


class MeshViews(DenoisingSampler):
    """Given a camera, the data are ``modes`` renders with a Gaussian around each.

    Without a camera they are those and views from elsewhere. A condition is a camera row of
    :mod:`geoframe_sdi.scenes.cameras`, nan for none.

    Parameters
    ----------
    **options
        The fields of :class:`~geoframe_sdi.priors.config.MeshViewsConfig`.
    """

    def __init__(
        self,
        *,
        path: Path | None = None,
        texture: Path | None = None,
        colourings: int = 3,
        details: int = 1,
        size: int = 32,
        points: int = 120_000,
        bandwidth: float = 0.15,
        others: int = 12,
        dataset: bool = False,
    ) -> None:
        super().__init__()
        if dataset:
            path = stored_file(FOLDER, "spot_triangulated.obj")
            texture = stored_file(FOLDER, "spot_texture.png")
        self.schedule, self.steps = scaled_linear(), 50
        self.size, self.bandwidth = size, bandwidth
        self.surface = torus(points) if path is None else read_obj(Path(path), points)
        base = _pattern(self.surface) if texture is None else _looked_up(self.surface, texture)
        self.colours = _modes(base, self.surface, colourings, details)
        self._known: OrderedDict[bytes, Tensor] = OrderedDict()
        cameras = random_orbit(others, torch.Generator().manual_seed(0))
        self.elsewhere = self.renders(cameras).flatten(0, 1)

    @staticmethod
    def example_items() -> Tensor:
        """Views as they come by default, for the conformance checks; fitting needs none."""
        return torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Channels, height and width."""
        return (3, self.size, self.size)

    @property
    def modes(self) -> int:
        """Renders that a camera has."""
        return len(self.colours)

    def condition_of(self, cameras: Tensor) -> Tensor:
        """Conditions of views: the camera rows themselves."""
        return cameras

    def fit(self, data: Tensor) -> Self:
        """There is nothing to learn."""
        return self

    def renders(self, cameras: Tensor) -> Tensor:
        """Every mode from every camera ``(n, modes, 3, size, size)``, values in [-1, 1]."""
        found = [self._rendered(row) for row in cameras]
        empty = torch.zeros(0, self.modes, *self.item_shape)
        return torch.stack(found) if found else empty

    def denoise(
        self, noisy: Tensor, sigma: float | Tensor, condition: Tensor | None = None
    ) -> Tensor:
        """Posterior mean of views ``(B, 3, size, size)``, exactly."""
        if condition is None:
            condition = torch.full((len(noisy), 7), torch.nan)
        free = condition.isnan().any(1)
        result = torch.empty_like(noisy)
        for chosen in (free, ~free):
            rows = chosen.nonzero()[:, 0]
            if not len(rows):
                continue
            own = sigma[rows] if isinstance(sigma, Tensor) and sigma.ndim else sigma
            if bool(free[rows[0]]):
                if not len(self.elsewhere):
                    raise DataError("the prior knows no views without a camera: others = 0")
                points = self.elsewhere.flatten(1)
            else:
                points = self.renders(condition[rows]).flatten(2)
            result[rows] = smoothed(noisy[rows], own, self.bandwidth, points.to(noisy), None)
        return result

    def _rendered(self, row: Tensor) -> Tensor:
        key = row.double().numpy(force=True).tobytes()
        if key not in self._known:
            side = SUPERSAMPLE * self.size
            seen = self.surface.visible(row.cpu().float(), side, side)
            painted = self.colours[:, seen.clamp_min(0)].permute(0, 3, 1, 2)
            painted = torch.where(seen >= 0, painted, torch.ones(()))
            self._known[key] = functional.avg_pool2d(painted, SUPERSAMPLE)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return self._known[key]


def _modes(base: Tensor, surface: Surface, colourings: int, details: int) -> Tensor:
    """Colours of all points in each mode ``(modes, p, 3)``."""
    orders: list[tuple[int, ...]] = [(0, 1, 2), (1, 2, 0), (2, 0, 1)]
    orders += [order for order in permutations(range(3)) if order not in orders]
    coloured = [
        (base[:, list(order)] + 1) * torch.tensor(tint) - 1
        for order, tint in zip(orders[:colourings], TINTS, strict=False)
    ]
    if details == 1:
        return torch.stack(coloured)
    axes = torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [1.0, 1.0, 1.0]])
    found = []
    for colour in coloured:
        for index in range(details):
            phase = FREQUENCY * (surface.points @ axes[index % 4]) + index // 4
            found.append((colour + DETAIL * phase.sin()[:, None]).clamp(-1, 1))
    return torch.stack(found)


def _pattern(surface: Surface) -> Tensor:
    """Stripes and spots on the surface's coordinates ``(p, 3)``."""
    turns = 2 * torch.pi * surface.uv
    waves = torch.stack(
        [torch.sin(3 * turns[:, 0]), torch.sin(2 * turns[:, 1]), torch.sin(turns.sum(1) * 2)], 1
    )
    return (0.8 * torch.sign(waves) * waves.abs().sqrt() - 0.1).clamp(-1, 1)


def _looked_up(surface: Surface, path: Path) -> Tensor:
    """Colours ``(p, 3)`` of a texture image in [-1, 1]."""
    pixels = read_colour(path).astype(np.float32) / 127.5 - 1
    places = torch.stack([surface.uv[:, 0] * 2 - 1, 1 - surface.uv[:, 1] * 2], 1)
    texture = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    found = functional.grid_sample(
        texture, places[None, None], align_corners=False, padding_mode="border"
    )
    return found[0, :, 0].T.contiguous()
