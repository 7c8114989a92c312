"""Setting shapes on a table, apart or touching each other. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from geoframe_dreamup3d.generator.shapes import Shape

HALF_EXTENT = 0.16
"""Half the side of the square that objects are set on, metres."""
GAP = 0.01
"""Least gap of objects that are set apart, metres."""
TOUCHING_GAP = 0.005
"""Largest gap of objects that are set to touch, metres."""
ATTEMPTS = 40
"""Places tried for one object."""


@attrs.frozen(eq=False)
class Placed:
    """A shape in its place."""

    index: int
    """Which of the given shapes."""
    pose: NDArray[np.float64]
    """Shape -> table ``(4, 4)``."""


def place(
    shapes: Sequence[Shape],
    count: int,
    generator: np.random.Generator,
    *,
    touching: float = 0.5,
    half_extent: float = HALF_EXTENT,
) -> list[Placed] | None:
    """Set ``count`` different shapes on the table, their lowest points at z = 0.

    Footprints are convex hulls; two of them never overlap.

    Parameters
    ----------
    touching
        Probability that an object, not the first, is pushed against another.

    Returns
    -------
    list or None
        None if there is no room.
    """
    chosen = generator.choice(len(shapes), size=min(count, len(shapes)), replace=False)
    placed: list[Placed] = []
    footprints: list[NDArray[np.float64]] = []
    for index in chosen.tolist():
        rotations, probabilities = shapes[index].resting
        rotation = (
            _yaw(generator.uniform(0, 2 * np.pi))
            @ rotations[generator.choice(len(rotations), p=probabilities)]
        )
        points = shapes[index].hull @ rotation.T
        outline = points[ConvexHull(points[:, :2]).vertices, :2]
        beside = bool(footprints) and generator.random() < touching
        for _ in range(ATTEMPTS):
            if beside:
                other = footprints[generator.integers(len(footprints))]
                at = _against(outline, other, generator)
                gap = 0.0
            else:
                at = generator.uniform(-half_extent, half_extent, 2)
                gap = GAP
            there = outline + at
            if np.abs(there).max() <= half_extent and not any(
                overlap(there, each, gap) for each in footprints
            ):
                break
        else:
            return None
        footprints.append(there)
        pose = np.eye(4)
        pose[:3, :3] = rotation
        pose[:3, 3] = [*at, -points[:, 2].min()]
        placed.append(Placed(index, pose))
    return placed


def overlap(a: NDArray[np.float64], b: NDArray[np.float64], gap: float) -> bool:
    """Whether convex polygons come nearer than ``gap``, by separating axes normal to sides."""
    normals = np.concatenate([_normals(a), _normals(b)])
    first, second = a @ normals.T, b @ normals.T
    apart = (second.min(0) - first.max(0) > gap) | (first.min(0) - second.max(0) > gap)
    return not apart.any()


def _normals(outline: NDArray[np.float64]) -> NDArray[np.float64]:
    sides = np.roll(outline, -1, axis=0) - outline
    normals = np.stack([sides[:, 1], -sides[:, 0]], 1)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))


def _against(
    outline: NDArray[np.float64], other: NDArray[np.float64], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Offset in a random direction at which the outline just does not meet the other one.

    Moving along the direction, two convex polygons part where the first of their separating axes
    parts them.
    """
    turn = generator.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(turn), np.sin(turn)])
    start = other.mean(0) - outline.mean(0)
    normals = np.concatenate([_normals(outline), _normals(other)])
    speed = normals @ direction
    normals = normals[np.abs(speed) > 1e-9] * np.sign(speed[np.abs(speed) > 1e-9])[:, None]
    way = (other @ normals.T).max(0) - ((outline + start) @ normals.T).min(0)
    reach = (way / (normals @ direction)).min() + 1e-6
    return np.asarray(start + (reach + generator.uniform(0, TOUCHING_GAP)) * direction)


def _yaw(angle: float) -> NDArray[np.float64]:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
