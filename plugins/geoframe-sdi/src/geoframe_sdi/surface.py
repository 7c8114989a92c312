"""A mesh's surface as points, and which of them a camera sees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import attrs
import torch
from torch import Tensor

from geoframe import DataError
from geoframe.data import read_text
from geoframe_sdi.scenes.cameras import projected

DEPTH_STEPS = 2**22
"""Steps that the depth of a view is told apart in."""


@attrs.frozen(eq=False)
class Surface:
    """Points ``(p, 3)`` on a surface, with texture coordinates ``(p, 2)``; (0, 0) is lower left."""

    points: Tensor
    uv: Tensor

    def visible(self, camera: Tensor, height: int, width: int) -> Tensor:
        """Number of the nearest point in each pixel ``(height, width)``, -1 for none.

        Parameters
        ----------
        camera
            One row.
        """
        flat, depth = projected(self.points.to(camera), camera[None])
        column = torch.floor((flat[0, :, 0] + 1) / 2 * width)
        row = torch.floor((flat[0, :, 1] * (width / height) + 1) / 2 * height)
        deep = depth[0]
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height) & (deep > 1e-3)
        chosen = inside.nonzero()[:, 0]
        nearest = torch.full((height * width,), -1, dtype=torch.long)
        if not len(chosen):
            return nearest.reshape(height, width)
        pixel = (row[chosen] * width + column[chosen]).long()
        low, high = deep[chosen].min(), deep[chosen].max()
        steps = ((deep[chosen] - low) / (high - low).clamp_min(1e-9) * (DEPTH_STEPS - 1)).long()
        key = steps * len(self.points) + chosen  # nearest first, then lowest number
        best = torch.full((height * width,), torch.iinfo(torch.long).max)
        best = best.scatter_reduce(0, pixel, key, "amin")
        hit = best < torch.iinfo(torch.long).max
        nearest[hit] = best[hit] % len(self.points)
        return nearest.reshape(height, width)


@attrs.frozen(eq=False)
class Mesh:
    """Triangles with texture coordinates; (0, 0) is lower left."""

    vertices: Tensor
    """``(v, 3)``."""
    faces: Tensor
    """Corners of the triangles ``(f, 3)``."""
    uv: Tensor
    """Texture coordinates of the corners ``(f, 3, 2)``."""


def sampled(mesh: Mesh, count: int, seed: int = 0) -> Surface:
    """Draw points uniformly on triangles."""
    generator = torch.Generator().manual_seed(seed)
    corners, uv = mesh.vertices[mesh.faces], mesh.uv
    sides = corners[:, 1:] - corners[:, :1]
    area = torch.linalg.cross(sides[:, 0], sides[:, 1]).norm(dim=1)
    chosen = torch.multinomial(area.double(), count, replacement=True, generator=generator)
    root = torch.rand(count, generator=generator).sqrt()
    share = torch.rand(count, generator=generator)
    weights = torch.stack([1 - root, root * (1 - share), root * share], 1)[..., None]
    return Surface((weights * corners[chosen]).sum(1), (weights * uv[chosen]).sum(1))


RING, TUBE = 0.6, 0.28
"""Radii of the torus that stands for a mesh where there is no file."""


def torus(count: int, *, ring: float = RING, tube: float = TUBE, seed: int = 0) -> Surface:
    """Points on a torus around the y axis, uniform by area; the surface without a file."""
    generator = torch.Generator().manual_seed(seed)
    around = torch.rand(count, generator=generator) * 2 * math.pi
    drawn = torch.rand(8 * count, 2, generator=generator)
    angle = drawn[:, 0] * 2 * math.pi
    kept = drawn[:, 1] * (ring + tube) < ring + tube * angle.cos()
    across = angle[kept][:count]
    out = ring + tube * across.cos()
    points = torch.stack([out * around.cos(), tube * across.sin(), out * around.sin()], 1)
    return Surface(points, torch.stack([around, across], 1) / (2 * math.pi))


def torus_mesh(around: int = 96, across: int = 48) -> Mesh:
    """The torus of :func:`torus` in triangles, counter-clockwise from outside."""
    u, v = torch.meshgrid(torch.arange(around + 1), torch.arange(across + 1), indexing="ij")
    uv = torch.stack([u / around, v / across], -1).reshape(-1, 2)
    angle, turned = (2 * math.pi * uv).unbind(1)
    out = RING + TUBE * turned.cos()
    places = torch.stack([out * angle.cos(), TUBE * turned.sin(), out * angle.sin()], 1)
    first = (u[:-1, :-1] * (across + 1) + v[:-1, :-1]).flatten()
    second, third = first + across + 1, first + across + 2
    faces = torch.cat(
        [torch.stack([first, third, second], 1), torch.stack([first, first + 1, third], 1)]
    )
    return Mesh(places, faces, uv[faces])


def read_obj(path: Path, count: int) -> Surface:
    """Draw points on the triangles of a Wavefront obj; see :func:`read_mesh`."""
    return sampled(read_mesh(path), count)


def read_mesh(path: Path, *, radius: float = 0.75) -> Mesh:
    """Read the triangles of a Wavefront obj, centred and scaled into a ball.

    Raises
    ------
    DataError
        If it has no triangles with texture coordinates, or a line cannot be read.
    """
    vertices: list[list[float]] = []
    coordinates: list[list[float]] = []
    faces: list[list[int]] = []
    textured: list[list[int]] = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        kind, *values = line.split() or [""]
        try:
            if kind == "v":
                vertices.append(_numbers(values, 3))
            elif kind == "vt":
                coordinates.append(_numbers(values, 2))
            elif kind == "f":
                pairs = [value.split("/")[:2] for value in values]
                for second, third in pairwise(pairs[1:]):
                    triangle = (pairs[0], second, third)
                    faces.append([_index(corner[0], len(vertices)) for corner in triangle])
                    textured.append([_index(corner[1], len(coordinates)) for corner in triangle])
        except (ValueError, IndexError):
            raise DataError(
                f"{path}:{number}: cannot be read as '{kind}'; faces need texture coordinates "
                "(f v/vt v/vt v/vt)"
            ) from None
    if not faces or not coordinates:
        raise DataError(f"{path}: holds no triangles with texture coordinates")
    places = torch.tensor(vertices)
    middle = (places.amin(0) + places.amax(0)) / 2
    places = places - middle
    extent = float(places.norm(dim=1).max())
    if not 0 < extent < float("inf"):
        raise DataError(f"{path}: the mesh has no extent, or an infinite one")
    places = places * (radius / extent)
    uv = torch.tensor(coordinates)[torch.tensor(textured)]
    return Mesh(places, torch.tensor(faces), uv)


def _numbers(values: Sequence[str], count: int) -> list[float]:
    numbers = [float(value) for value in values[:count]]
    if len(numbers) < count or not all(map(math.isfinite, numbers)):
        raise ValueError(values)
    return numbers


def _index(text: str, known: int) -> int:
    number = int(text)
    place = number - 1 if number > 0 else known + number
    if not 0 <= place < known:
        raise ValueError(text)
    return place
