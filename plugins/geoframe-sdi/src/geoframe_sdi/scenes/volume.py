"""Volumes: density and colour in space, composited along rays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import attrs
import torch
from torch import Tensor, nn
from torch.nn import functional

from geoframe_sdi.scenes.base import Scene, background
from geoframe_sdi.scenes.cameras import rays
from geoframe_sdi.scenes.hashing import HashEncoding
from geoframe_sdi.scenes.regularisers import geometry_terms

BANDS_FROM, BANDS_UNTIL = 0.2, 0.6
"""Shares of the training between which finer resolutions come in: 2000 and 6000 of 10 000 steps."""
NORMAL_STEP = 0.01
"""Distance over which a density's slope is taken, as a share of the cube's radius."""
SEEN = 1e-3
"""Weight from which a sample counts as seen."""
BLOB = 10.0
"""Height of the density that a scene starts with, before softplus."""
BLOB_RADIUS = 0.5
"""Where that density falls to 0, as a share of the cube's radius."""


@attrs.frozen(eq=False)
class Composite:
    """What rays saw, ``(n, rays, ...)``."""

    colour: Tensor
    opacity: Tensor
    depth: Tensor
    z_variance: Tensor
    weights: Tensor
    """Of the samples ``(n, rays, samples)``."""


def composite(density: Tensor, colour: Tensor, depths: Tensor, ground: Tensor) -> Composite:
    """Front-to-back compositing: ``w_i = a_i prod_{j < i} (1 - a_j)``, ``a = 1 - exp(-rho d)``.

    Parameters
    ----------
    density
        ``(n, rays, samples)``.
    colour
        ``(n, rays, samples, channels)``.
    depths
        Distances of the samples ``(n, rays, samples)``, increasing.
    ground
        Value behind everything.
    """
    gaps = depths.diff(dim=-1)
    gaps = torch.cat([gaps, gaps[..., -1:]], -1)
    optical = density * gaps
    through = torch.exp(-(optical.cumsum(-1) - optical))
    weights = -torch.expm1(-optical) * through
    opacity = weights.sum(-1)
    shares = weights / opacity[..., None].clamp_min(1e-6)
    depth = (shares * depths).sum(-1)
    return Composite(
        colour=(weights[..., None] * colour).sum(-2) + (1 - opacity[..., None]) * ground,
        opacity=opacity,
        depth=depth,
        z_variance=(shares * (depths - depth[..., None]).square()).sum(-1),
        weights=weights,
    )


def density_of(raw: Tensor, unit: Tensor) -> Tensor:
    """Raw values, and a blob to start with, at points of the unit cube -> densities."""
    return functional.softplus(raw + BLOB * (1 - unit.norm(dim=-1) / BLOB_RADIUS))


class Volume(Scene):
    """A cube around the origin; outside of it there is nothing.

    Parameters
    ----------
    radius
        Half the edge of the cube.
    samples
        Samples of a ray, jittered in training.
    background
        ``"white"`` or ``"black"``.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        radius: float,
        samples: int,
        background: str,
        shape: Sequence[int] | None,
    ) -> None:
        super().__init__(in_features, out_features, shape)
        self.radius, self.samples, self.ground = radius, samples, background
        self.seen: Composite | None = None
        self._places: tuple[Tensor, Tensor] | None = None

    def field(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Raw density ``(p,)`` and colour ``(p, channels)`` in [-1, 1], in the unit cube."""
        raise NotImplementedError(type(self).__name__)

    def forward(self, items: Tensor) -> Tensor:
        """Camera rows -> pixels ``(n, out_features)``."""
        channels, height, width = self.shape
        origins, directions = rays(items, height, width)
        depths = self._depths(origins, directions)
        points = origins[:, None, None] + depths[..., None] * directions[:, :, None]
        unit = points / self.radius
        inside = (unit.abs() <= 1).all(-1)
        raw, colour = self.field(unit.reshape(-1, 3))
        density = density_of(raw.reshape(inside.shape), unit)
        density = torch.where(inside, density, torch.zeros_like(density)) / self.radius
        self._places = (unit, directions)
        ground = background(self.ground, density)
        self.seen = composite(density, colour.reshape(*inside.shape, channels), depths, ground)
        return self.seen.colour.transpose(1, 2).reshape(len(items), self.out_features)

    def _depths(self, origins: Tensor, directions: Tensor) -> Tensor:
        """Distances of the samples ``(n, rays, samples)``, between where rays meet the ball."""
        reach = self.radius * math.sqrt(3)
        away = origins.norm(dim=1)[:, None, None]
        near, far = (away - reach).clamp_min(0.05), away + reach
        at = torch.arange(self.samples, dtype=origins.dtype, device=origins.device)
        jitter = torch.full((*directions.shape[:2], self.samples), 0.5).to(origins)
        if self.training:
            jitter = torch.rand(jitter.shape).to(origins)
        depths: Tensor = near + (far - near) * (at + jitter) / self.samples
        return depths

    def geometry_terms(self) -> Mapping[str, Tensor]:
        """Regularisers of the last render."""
        assert self.seen is not None
        seen = self.seen
        _, height, width = self.shape
        return geometry_terms(seen.opacity, seen.depth, seen.z_variance, (height, width))

    def normals(self, points: Tensor) -> Tensor:
        """Against the slope of the density, at points ``(p, 3)`` of the unit cube."""
        steps = NORMAL_STEP * torch.eye(3, dtype=points.dtype, device=points.device)
        places = torch.cat([points[:, None] + steps, points[:, None] - steps], 1)
        raw = self.field(places.reshape(-1, 3))[0].reshape(-1, 6)
        above, below = density_of(raw, places).chunk(2, 1)
        return functional.normalize(below - above, dim=1)

    def orientation_term(self) -> Tensor:
        """Mean over rays of ``w relu(n . d)^2``: seen surfaces that look away from the camera."""
        assert self.seen is not None
        assert self._places is not None
        unit, directions = self._places
        weights = self.seen.weights.detach()
        chosen = weights > SEEN
        along = directions[:, :, None].expand_as(unit)[chosen]
        away = (self.normals(unit[chosen]) * along).sum(1).clamp_min(0)
        return (weights[chosen] * away.square()).sum() / weights[..., 0].numel()


class VoxelGrid(Volume):
    """Density and colour at grid points; softplus comes after the lookup, for sharp surfaces."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        resolution: int = 40,
        radius: float = 1.0,
        samples: int = 40,
        background: str = "white",
        shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(
            in_features,
            out_features,
            radius=radius,
            samples=samples,
            background=background,
            shape=shape,
        )
        side = resolution
        self.grid = nn.Parameter(torch.zeros(1, 1 + self.shape[0], side, side, side))

    def field(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Trilinear lookup."""
        places = points.reshape(1, 1, 1, -1, 3)
        found = functional.grid_sample(self.grid, places, align_corners=True)[0, :, 0, 0]
        return found[0], torch.tanh(found[1:] / 2).T  # 2 sigmoid - 1


class HashGrid(Volume):
    """Features from hash tables of several resolutions, through a small network."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        levels: int = 8,
        coarsest: int = 8,
        growth: float = 1.447,
        first_levels: int = 0,
        table: int = 14,
        hidden: int = 64,
        radius: float = 1.0,
        samples: int = 40,
        background: str = "white",
        shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(
            in_features,
            out_features,
            radius=radius,
            samples=samples,
            background=background,
            shape=shape,
        )
        self.encoding = HashEncoding(levels, coarsest, growth, table)
        self.first = first_levels or levels
        self.network = nn.Sequential(
            nn.Linear(self.encoding.features, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 1 + self.shape[0]),
        )

    def at_progress(self, progress: float) -> None:
        """Use as many resolutions as it is time for."""
        levels = len(self.encoding.sides)
        share = min(max((progress - BANDS_FROM) / (BANDS_UNTIL - BANDS_FROM), 0.0), 1.0)
        later = max(0, levels - self.first)
        self.encoding.used = min(levels, self.first + math.floor(share * later + 1e-9))

    def field(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Encoding, network, and the ranges of density and colour."""
        found = self.network(self.encoding(points))
        return found[:, 0], torch.tanh(found[:, 1:] / 2)
