"""Solids of one colour with exact ray intersections. Torch-free."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_dreamup3d.generator.shapes import Layer

SPHERE_POINTS = 400
"""Points of a sphere whose hull stands for it where objects are set beside each other."""


@attrs.frozen(eq=False, kw_only=True)
class Primitive:
    """An ellipsoid, box or upright cylinder of one colour, drawn by exact ray intersections."""

    name: str
    kind: str
    """``ellipsoid``, ``box`` or ``cylinder``."""
    half: NDArray[np.float64]
    """Half extents along its axes ``(3,)``; a cylinder's axis is z."""
    colour: NDArray[np.float64]
    """In [0, 1], ``(3,)``."""

    @property
    def hull(self) -> NDArray[np.float64]:
        """Corners of the box, or points on rim or surface."""
        if self.kind == "box":
            signs = [[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
            return np.array(signs) * self.half
        if self.kind == "cylinder":
            turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
            rim = np.stack([np.cos(turn), np.sin(turn), np.ones_like(turn)], 1)
            return np.concatenate([rim, rim * [1, 1, -1]]) * self.half
        return unit_sphere(SPHERE_POINTS) * self.half

    @property
    def resting(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Upright on each of the axes that it can stand on."""
        if self.kind == "cylinder":
            return np.eye(3)[None], np.ones(1)
        turns = np.stack(
            [np.eye(3), [[0, 0, 1], [1, 0, 0], [0, 1, 0]], [[0, 1, 0], [0, 0, 1], [1, 0, 0]]]
        ).astype(np.float64)
        if self.kind == "ellipsoid":  # it stands on the end of its shortest axis
            turns = turns[[[2, 1, 0][int(self.half.argmin())]]]
            return turns, np.ones(1)
        return turns, np.full(3, 1 / 3)

    def render(
        self, pose: NDArray[np.float64], intrinsics: NDArray[np.float64], size: tuple[int, int]
    ) -> Layer:
        """Send a ray through every pixel of the window around the shape; see :class:`Shape`."""
        rows, columns = _window(pose[:3, 3], float(np.linalg.norm(self.half)), intrinsics, size)
        fx, fy, cx, cy = intrinsics
        v, u = np.meshgrid(rows + 0.5, columns + 0.5, indexing="ij")
        rays = np.stack([(u - cx) / fx, (v - cy) / fy, np.ones_like(u)], -1).reshape(-1, 3)
        pixels = (rows[:, None] * size[1] + columns[None, :]).ravel()
        origin = -pose[:3, :3].T @ pose[:3, 3]
        depth, normals = self.hit(origin, rays @ pose[:3, :3])
        seen = np.isfinite(depth)
        colours = np.broadcast_to(self.colour, (int(seen.sum()), 3))
        return Layer(pixels[seen], depth[seen], normals[seen] @ pose[:3, :3].T, colours)

    def hit(
        self, origin: NDArray[np.float64], rays: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """First meeting of rays from ``origin`` with the surface, in the shape's frame.

        Returns
        -------
        distance
            Multiples of the ray ``(p,)``; infinity where it misses.
        normals
            Unit, outward ``(p, 3)``.
        """
        start, along = origin / self.half, rays / self.half
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.kind == "ellipsoid":
                near, _ = _ball(start, along)
                normals = (start + near[:, None] * along) / self.half
            else:
                near, normals = self._slabs(start, along)
        normals[np.isinf(near)] = 1.0
        return near, normals / np.linalg.norm(normals, axis=1, keepdims=True)

    def surface(self, n: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """Draw evenly: by area of the sides, for the ellipsoid by rejection."""
        a, b, c = self.half
        if self.kind == "ellipsoid":
            found = np.zeros((0, 3))
            while len(found) < n:
                unit = generator.normal(size=(2 * n, 3))
                unit /= np.linalg.norm(unit, axis=1, keepdims=True)
                stretch = np.linalg.norm(unit / self.half, axis=1) * self.half.min()
                found = np.concatenate([found, unit[generator.random(2 * n) < stretch]])
            return np.asarray(found[:n] * self.half)
        if self.kind == "cylinder":
            turn = generator.uniform(0, 2 * np.pi, n)
            side = 2 * c / (2 * c + (a + b) / 2)  # exact for a round one
            on_side = generator.random(n) < side
            radius = np.where(on_side, 1.0, np.sqrt(generator.random(n)))
            height = np.where(
                on_side, generator.uniform(-1, 1, n), generator.choice([-1.0, 1.0], n)
            )
            ring = np.stack([radius * np.cos(turn), radius * np.sin(turn), height], 1)
            return np.asarray(ring * self.half)
        areas = np.array([b * c, a * c, a * b])
        axis = generator.choice(3, size=n, p=areas / areas.sum())
        points = generator.uniform(-1, 1, (n, 3))
        points[np.arange(n), axis] = generator.choice([-1.0, 1.0], n)
        return np.asarray(points * self.half)

    def _slabs(
        self, start: NDArray[np.float64], along: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Intersection of the unit cube, or of the unit cylinder, as of slabs (and a tube)."""
        flat = (2,) if self.kind == "cylinder" else (0, 1, 2)
        entries, leaves, normals = [], [], []
        for axis in flat:
            t0, t1 = (-1 - start[axis]) / along[:, axis], (1 - start[axis]) / along[:, axis]
            entries.append(np.minimum(t0, t1))
            leaves.append(np.maximum(t0, t1))
            normal = np.zeros((len(along), 3))
            normal[:, axis] = -np.sign(along[:, axis])
            normals.append(normal)
        if self.kind == "cylinder":
            near, far = _ball(start * [1, 1, 0], along * [1, 1, 0])
            entries.append(near)
            leaves.append(far)
            around = (start + near[:, None] * along) / self.half
            normals.append(np.where(np.isfinite(near)[:, None], around * [1, 1, 0], 0))
        entry = np.stack(entries)
        which = entry.argmax(0)
        near, far = entry.max(0), np.stack(leaves).min(0)
        near = np.where((near < far) & (near > 0), near, np.inf)
        return near, np.stack(normals)[which, np.arange(len(along))]


def unit_sphere(n: int) -> NDArray[np.float64]:
    """Points ``(n, 3)`` spread over the unit sphere (Fibonacci spiral)."""
    i = np.arange(n) + 0.5
    z = 1 - 2 * i / n
    turn = np.pi * (1 + 5**0.5) * i
    radius = np.sqrt(1 - z * z)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), z], 1)


def _ball(
    start: NDArray[np.float64], along: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Entry and exit of rays through the unit ball; infinity, minus infinity where they miss."""
    a, b = (along * along).sum(1), along @ start
    root = b * b - a * (start @ start - 1)
    hit = root > 0
    width = np.sqrt(np.where(hit, root, 0))
    return (
        np.where(hit, (-b - width) / a, np.inf),
        np.where(hit, (-b + width) / a, -np.inf),
    )


def _window(
    centre: NDArray[np.float64],
    radius: float,
    intrinsics: NDArray[np.float64],
    size: tuple[int, int],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the pixels that may show a ball in front of the camera."""
    h, w = size
    fx, fy, cx, cy = intrinsics
    z = max(centre[2] - radius, 1e-3)
    u, v = fx * centre[0] / centre[2] + cx, fy * centre[1] / centre[2] + cy
    # Generous off the axis, where a ball's image is an ellipse.
    reach_u = fx * radius / z * (1 + abs(centre[0]) / z)
    reach_v = fy * radius / z * (1 + abs(centre[1]) / z)
    rows = np.arange(max(0, int(v - reach_v)), min(h, int(v + reach_v) + 2))
    columns = np.arange(max(0, int(u - reach_u)), min(w, int(u + reach_u) + 2))
    return rows, columns
