"""How a body comes to rest on a table. Torch-free."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from geoframe.errors import DataError

MOST = 6
"""Resting rotations that are kept, the most probable ones."""
SAME_NORMAL = 0.999
"""Cosine above which two facets of the hull are one side."""


def resting_rotations(
    vertices: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotations ``(k, 3, 3)`` in which a body rests on the plane z = const, and probabilities.

    A side of the convex hull is stable if the hull's centre of mass lies above it; it is taken as
    often as a ray from that centre in a random direction meets it (the static estimate; rolling
    on from unstable sides is counted to the side that it ends on).

    Raises
    ------
    DataError
        If the body is flat.
    """
    points = np.asarray(vertices, dtype=np.float64)
    try:
        hull = ConvexHull(points)
    except QhullError:
        raise DataError("a mesh is flat or has fewer than four vertices") from None
    normals = hull.equations[:, :3]
    corners = points[hull.simplices]
    inner = points[hull.vertices].mean(0)
    heights = -(normals @ inner + hull.equations[:, 3])
    areas = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    volumes = heights * areas
    centre = (volumes[:, None] * (corners.sum(1) + inner) / 4).sum(0) / volumes.sum()
    below = -(normals @ centre + hull.equations[:, 3])  # distance of the centre to each facet
    foot = centre + normals * below[:, None]
    side = _sides(normals, hull.equations[:, 3], float(np.ptp(points, axis=0).max()))
    share = _solid_angles(corners - centre)
    count = side.max() + 1
    first = np.unique(side, return_index=True)[1]
    stable = np.zeros(count, dtype=bool)
    stable[side[_on_triangle(corners, foot[first[side]])]] = True
    probability = np.bincount(side, share, minlength=count)
    if not stable.any():
        stable[np.argmin(below[first])] = True
    ends = np.array([_rolls_to(k, first, normals, below, stable) for k in range(count)])
    probability = np.bincount(ends, probability, minlength=count)
    order = np.argsort(-probability, kind="stable")[:MOST]
    order = order[probability[order] > 0]
    rotations = np.stack([_down(normals[first[k]]) for k in order])
    return rotations, probability[order] / probability[order].sum()


def _sides(
    normals: NDArray[np.float64], offsets: NDArray[np.float64], extent: float
) -> NDArray[np.int64]:
    """Number facets by the side of the hull that they belong to."""
    side = np.full(len(normals), -1, dtype=np.int64)
    count = 0
    for k in range(len(normals)):
        if side[k] >= 0:
            continue
        same = (normals @ normals[k] > SAME_NORMAL) & (side < 0)
        same &= np.abs(offsets - offsets[k]) < 0.01 * extent
        side[same] = count
        count += 1
    return side


def _solid_angles(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of all directions that each triangle ``(t, 3, 3)`` covers, seen from the origin.

    Van Oosterom and Strackee, IEEE Transactions on Biomedical Engineering 30 (1983).
    """
    a, b, c = (corners[:, k] for k in range(3))
    la, lb, lc = (np.linalg.norm(each, axis=1) for each in (a, b, c))
    triple = np.abs((a * np.cross(b, c)).sum(1))
    below = la * lb * lc + (a * b).sum(1) * lc + (a * c).sum(1) * lb + (b * c).sum(1) * la
    return np.asarray(np.abs(2 * np.arctan2(triple, below)) / (4 * np.pi))


def _on_triangle(corners: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each point ``(t, 3)`` lies on, or just above or below, its triangle ``(t, 3, 3)``."""
    a, b, c = (corners[:, k] for k in range(3))
    normal = np.cross(b - a, c - a)
    turned = [(np.cross(q - p, points - p) * normal).sum(1) for p, q in ((a, b), (b, c), (c, a))]
    return np.asarray((np.stack(turned) >= -1e-15).all(0))


def _rolls_to(
    side: int,
    first: NDArray[np.int64],
    normals: NDArray[np.float64],
    heights: NDArray[np.float64],
    stable: NDArray[np.bool_],
) -> int:
    """Stable side that lies nearest, by angle, among those with the centre not higher."""
    if stable[side]:
        return side
    candidates = np.flatnonzero(stable & (heights[first] <= heights[first[side]] + 1e-9))
    if not len(candidates):
        candidates = np.flatnonzero(stable)
    return int(candidates[np.argmax(normals[first[candidates]] @ normals[first[side]])])


def _down(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least rotation that turns ``normal`` to (0, 0, -1)."""
    target = np.array([0.0, 0.0, -1.0])
    axis, c = np.cross(normal, target), float(normal @ target)
    if c < -1 + 1e-9:
        return np.diag([1.0, -1.0, -1.0])
    k = np.array(
        [[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]], dtype=np.float64
    )
    return np.eye(3) + k + k @ k / (1 + c)
