"""How well places, boxes and shapes agree with true ones. Torch-free."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoframe_dreamup3d.classical.boxes import Box

Points = NDArray[np.floating]


@attrs.frozen
class ShapeError:
    """Distance of two surfaces given as points."""

    chamfer_l1_mm: float
    """Half the sum of the mean nearest distances, each way, in millimetres."""
    f_score_1cm: float
    """Harmonic mean of the shares of points within 1 cm of the other surface, each way."""


def shape_error(predicted: Points, true: Points, *, threshold: float = 0.01) -> ShapeError:
    """Compare point sets ``(n, 3)`` and ``(m, 3)``."""
    there = cKDTree(true).query(predicted)[0]
    back = cKDTree(predicted).query(true)[0]
    precision, recall = float((there < threshold).mean()), float((back < threshold).mean())
    f = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return ShapeError(500 * (float(there.mean()) + float(back.mean())), f)


def box_surface(box: Box, n: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw points ``(n, 3)`` evenly from the surface of a box."""
    a, b, c = box.size
    areas = np.array([b * c, a * c, a * b])
    axis = generator.choice(3, size=n, p=areas / areas.sum())
    points = generator.uniform(-0.5, 0.5, (n, 3))
    points[np.arange(n), axis] = generator.choice([-0.5, 0.5], n)
    return (points * box.size) @ box.rotation.T + box.centre


def box_iou(a: Box, b: Box, *, n: int = 4096) -> float:
    """Intersection over union of two boxes' volumes, from ``n`` points in each (fixed draw)."""
    unit = np.random.default_rng(0).uniform(-0.5, 0.5, (n, 3))

    def share(inner: Box, outer: Box) -> float:
        points = (unit * inner.size) @ inner.rotation.T + inner.centre
        return float((np.abs(outer.local(points)) <= outer.size / 2).all(1).mean())

    both = (share(a, b) * a.volume + share(b, a) * b.volume) / 2
    return both / max(a.volume + b.volume - both, 1e-12)


def cube_rotations() -> NDArray[np.float64]:
    """Return the 24 rotations that map a cube to itself ``(24, 3, 3)``."""
    made = []
    for permutation in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        for signs in np.ndindex(2, 2, 2):
            matrix = np.zeros((3, 3))
            matrix[np.arange(3), permutation] = 1 - 2 * np.array(signs)
            if np.linalg.det(matrix) > 0:
                made.append(matrix)
    return np.stack(made)


def rotation_error(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Angle between two boxes' axes, degrees, modulo the 24 rotations of the cube."""
    traces = np.einsum("ij,gjk,ik->g", a.astype(np.float64), cube_rotations(), b)
    return float(np.degrees(np.arccos(np.clip((traces.max() - 1) / 2, -1, 1))))


def add_s(points: Points, estimated: NDArray[np.floating], true: NDArray[np.floating]) -> float:
    """ADD-S: mean distance of transformed model points to the nearest truly transformed one, m."""
    a = points @ estimated[:3, :3].T + estimated[:3, 3]
    b = points @ true[:3, :3].T + true[:3, 3]
    return float(cKDTree(b).query(a)[0].mean())
