"""Oriented boxes: upright on the table, and of minimum volume over a grid of rotations."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

ROTATIONS = 4608
"""Rotations tried for a minimum-volume box, as in the predecessor's published code."""
SLACK = 1.01
"""Boxes within this factor of the smallest count as equal; the least turned one is taken."""
MIN_POINTS = 10
"""Points below which a box is left unturned."""


@attrs.frozen(eq=False)
class Box:
    """A box: points ``rotation @ q + centre`` with ``|q_k| <= size_k / 2``, metres."""

    centre: NDArray[np.float64]
    rotation: NDArray[np.float64]
    """Columns are the box's axes ``(3, 3)``, right-handed."""
    size: NDArray[np.float64]

    @property
    def volume(self) -> float:
        """Cubic metres."""
        return float(np.prod(self.size))

    @property
    def pose(self) -> NDArray[np.float64]:
        """Box frame -> table ``(4, 4)``."""
        pose = np.eye(4)
        pose[:3, :3] = self.rotation
        pose[:3, 3] = self.centre
        return pose

    def local(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points ``(..., 3)`` in the box's frame."""
        return (points - self.centre) @ self.rotation

    def corners(self) -> NDArray[np.float64]:
        """The eight corners ``(8, 3)``."""
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        return (signs * self.size / 2) @ self.rotation.T + self.centre


def upright_box(points: NDArray[np.floating], *, top: float = 99.5) -> Box:
    """Box that stands on the table, of least base area, up to nearly the highest point.

    Parameters
    ----------
    points
        ``(n, 3)`` in the table's frame, n >= 1.
    top
        Percentile of the heights that is the box's top: flying pixels do not count.
    """
    flat = np.asarray(points[:, :2], dtype=np.float64)
    height = max(1e-3, float(np.percentile(points[:, 2], top)))
    angle, low, high = _least_rectangle(flat)
    c, s = np.cos(angle), np.sin(angle)
    rotation = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    centre = rotation @ np.array([*(low + high) / 2, height / 2])
    return Box(centre, rotation, np.maximum([*(high - low), height], 1e-3))


def _least_rectangle(
    flat: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Angle and bounds of the rectangle of least area: one side lies on a side of the hull."""
    try:
        hull = flat[ConvexHull(flat).vertices]
    except (QhullError, ValueError):  # fewer than three places, or all on a line
        return 0.0, flat.min(0), flat.max(0)
    sides = np.roll(hull, -1, axis=0) - hull
    # Modulo a quarter turn, into (-45, 45] degrees: the least turned of equal boxes.
    angles = np.arctan2(sides[:, 1], sides[:, 0])
    angles = np.mod(angles + np.pi / 4, np.pi / 2) - np.pi / 4
    c, s = np.cos(angles), np.sin(angles)
    turned = np.einsum(
        "aij,nj->ani", np.stack([np.stack([c, s], -1), np.stack([-s, c], -1)], 1), hull
    )
    low, high = turned.min(1), turned.max(1)
    areas = np.prod(high - low, axis=1)
    near = np.flatnonzero(areas <= areas.min() * SLACK)
    best = near[np.argmin(np.abs(angles[near]))]
    return float(angles[best]), low[best], high[best]


def minimum_volume_box(points: NDArray[np.floating], *, refine: bool = True) -> Box:
    """Box of least volume over a grid of rotations; ties go to the smallest rotation.

    Parameters
    ----------
    points
        ``(n, 3)``; with :data:`MIN_POINTS` or fewer the box stays unturned.
    refine
        Search on around the best rotation of the grid, which is about 7.5 degrees wide.
    """
    cloud = np.asarray(points, dtype=np.float64)
    rotation = np.eye(3)
    if len(cloud) > MIN_POINTS:
        with suppress(QhullError):  # flat
            cloud = cloud[ConvexHull(cloud).vertices]
        grid = rotation_grid(ROTATIONS)
        volumes = _volumes(cloud.astype(np.float32), grid.astype(np.float32))
        near = np.flatnonzero(volumes <= volumes.min() * SLACK)
        traces = np.einsum("gii->g", grid[near])
        rotation = grid[near[np.argmax(traces)]]
        if refine:
            rotation = _refined(cloud, rotation)
    turned = np.asarray(points, dtype=np.float64) @ rotation
    low, high = turned.min(0), turned.max(0)
    return Box(rotation @ ((low + high) / 2), rotation, np.maximum(high - low, 1e-3))


@cache
def rotation_grid(count: int) -> NDArray[np.float64]:
    """Return rotations ``(count, 3, 3)`` spread evenly over SO(3), the identity first.

    Super-Fibonacci spiral of Alexa, "Super-Fibonacci Spirals: Fast, Low-Discrepancy Sampling of
    SO(3)", CVPR 2022.
    """
    psi = 1.533751168755204288118041  # the root of psi^4 = psi + 4
    i = np.arange(count - 1)
    s = i + 0.5
    r, big_r = np.sqrt(s / (count - 1)), np.sqrt(1 - s / (count - 1))
    alpha, beta = 2 * np.pi * s / np.sqrt(2), 2 * np.pi * s / psi
    quaternions = np.stack(
        [r * np.sin(alpha), r * np.cos(alpha), big_r * np.sin(beta), big_r * np.cos(beta)], 1
    )
    return np.concatenate([np.eye(3)[None], quaternion_to_matrix(quaternions)])


def quaternion_to_matrix(quaternions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation matrices ``(n, 3, 3)`` of unit quaternions ``(n, 4)``, real part last."""
    x, y, z, w = quaternions.T
    return np.stack(
        [
            np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)], -1),
            np.stack([2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)], -1),
            np.stack([2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)], -1),
        ],
        1,
    )


def small_rotations(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation matrices ``(n, 3, 3)`` of rotation vectors ``(n, 3)``, radians."""
    angle = np.linalg.norm(vectors, axis=1, keepdims=True)
    axis = vectors / np.maximum(angle, 1e-12)
    return quaternion_to_matrix(np.concatenate([axis * np.sin(angle / 2), np.cos(angle / 2)], 1))


def _refined(cloud: NDArray[np.float64], rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = np.array([[x, y, z] for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)])
    for degrees in (4.0, 2.0, 1.0, 0.5):
        around = rotation @ small_rotations(np.radians(degrees) * steps)
        volumes = _volumes(cloud, around)
        volumes[len(steps) // 2] /= SLACK**0.5  # stay, unless it pays
        rotation = around[int(volumes.argmin())]
    return rotation


def _volumes(cloud: NDArray[Any], rotations: NDArray[Any]) -> NDArray[Any]:
    # One product of matrices: (points, rotations x axes).
    turned = cloud @ rotations.transpose(1, 0, 2).reshape(3, -1)
    extents = (turned.max(0) - turned.min(0)).reshape(-1, 3)
    return np.asarray(np.maximum(extents, 1e-4).prod(1))
