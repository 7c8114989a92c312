"""Depth and faces of a mesh in a pinhole camera, in numpy alone. Torch-free."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

NEAR = 1e-3
"""Triangles that reach nearer to the camera than this are left out, metres."""
MAX_BATCH = 4_000_000
"""Pixels of bounding boxes that are looked at together."""


@attrs.frozen(eq=False)
class Hits:
    """Pixels that show a surface, each once."""

    pixels: NDArray[np.int64]
    """Flat index of the pixel, row by row ``(p,)``."""
    depth: NDArray[np.float64]
    """Along the optical axis, metres ``(p,)``."""
    faces: NDArray[np.int64]
    """Face that is seen ``(p,)``."""
    weights: NDArray[np.float64]
    """Barycentric coordinates of the point on it ``(p, 3)``."""


def rasterize(
    vertices: NDArray[np.floating],
    faces: NDArray[np.integer],
    intrinsics: NDArray[np.float64],
    size: tuple[int, int],
) -> Hits:
    """Find the nearest face at every pixel's centre.

    Parameters
    ----------
    vertices
        ``(v, 3)`` in the camera's frame (x right, y down, z forward).
    faces
        ``(f, 3)``; both sides are seen.
    intrinsics
        fx, fy, cx, cy.
    size
        Rows and columns.
    """
    h, w = size
    fx, fy, cx, cy = intrinsics
    z = vertices[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        u, v = fx * vertices[:, 0] / z + cx, fy * vertices[:, 1] / z + cy
    corners_u, corners_v, corners_z = u[faces], v[faces], z[faces]
    usable = np.flatnonzero(corners_z.min(1) > NEAR)
    # A pixel's centre is at its index plus a half.
    left = np.clip(np.ceil(corners_u[usable].min(1) - 0.5), 0, w).astype(np.int64)
    right = np.clip(np.floor(corners_u[usable].max(1) - 0.5) + 1, 0, w).astype(np.int64)
    top = np.clip(np.ceil(corners_v[usable].min(1) - 0.5), 0, h).astype(np.int64)
    bottom = np.clip(np.floor(corners_v[usable].max(1) - 0.5) + 1, 0, h).astype(np.int64)
    columns, rows = right - left, bottom - top
    some = np.flatnonzero((columns > 0) & (rows > 0))
    numbers = (columns * rows)[some]
    parts = []
    for batch in _batches(some, numbers):
        own = (columns * rows)[batch]
        which = np.repeat(batch, own)
        within = np.arange(own.sum()) - np.repeat(np.cumsum(own) - own, own)
        column = left[which] + within % columns[which]
        row = top[which] + within // columns[which]
        face = usable[which]
        parts.append(
            _inside(column, row, face, w, (corners_u[face], corners_v[face], corners_z[face]))
        )
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Hits(none, np.zeros(0), none, np.zeros((0, 3)))
    pixel, depth, face, weights = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.lexsort((depth, pixel))
    first = np.ones(len(order), dtype=bool)
    first[1:] = pixel[order][1:] != pixel[order][:-1]
    seen = order[first]
    return Hits(pixel[seen], depth[seen], face[seen], weights[seen])


def _batches(which: NDArray[np.int64], sizes: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    if not len(which):
        return []
    group = np.cumsum(sizes) // MAX_BATCH
    return [part for part in np.split(which, np.flatnonzero(np.diff(group)) + 1) if len(part)]


def _inside(
    column: NDArray[np.int64],
    row: NDArray[np.int64],
    face: NDArray[np.int64],
    w: int,
    corners: tuple[NDArray[np.floating], ...],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Keep the pixels whose centre lies in its triangle; depth is linear in 1 / z on screen."""
    u, v, z = corners
    px, py = column + 0.5, row + 0.5
    area = (u[:, 1] - u[:, 0]) * (v[:, 2] - v[:, 0]) - (u[:, 2] - u[:, 0]) * (v[:, 1] - v[:, 0])
    b = (px - u[:, 0]) * (v[:, 2] - v[:, 0]) - (u[:, 2] - u[:, 0]) * (py - v[:, 0])
    c = (u[:, 1] - u[:, 0]) * (py - v[:, 0]) - (px - u[:, 0]) * (v[:, 1] - v[:, 0])
    with np.errstate(divide="ignore", invalid="ignore"):
        b, c = b / area, c / area
        a = 1 - b - c
    kept = (area != 0) & (a >= 0) & (b >= 0) & (c >= 0)
    screen = np.stack([a, b, c], 1)[kept]
    over_z = screen / z[kept]
    depth = 1 / over_z.sum(1)
    return (row * w + column)[kept], depth, face[kept], over_z * depth[:, None]
