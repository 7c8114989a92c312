"""The table's plane by RANSAC, and the frame that it gives. Torch-free."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError

Points = NDArray[np.float32]

TRIALS = 256
"""Planes through three points that are tried."""
SAMPLE = 4000
"""Points that vote."""
MIN_SHARE = 0.12
"""Share of the points that a table must hold."""
SEED = 0
"""The draw of triples is fixed, so that an image has one answer."""


@attrs.frozen
class Plane:
    """Points x with normal . x = offset; the normal points to the camera's side."""

    normal: NDArray[np.float64]
    offset: float
    spread: float
    """Robust standard deviation of the distances of the plane's own points, metres."""


def fit_plane(points: Points, *, tolerance: float = 0.006) -> Plane:
    """Find the plane that holds most points, seen from a camera at the origin.

    Parameters
    ----------
    points
        ``(n, 3)`` in the camera's frame.
    tolerance
        Distance up to which a point votes for a plane, metres at 1 m; it grows with the distance
        squared, as the error of depth sensors does, and is at least half of this.

    Raises
    ------
    DataError
        If no plane holds a fair share of the points.
    """
    if len(points) < 50:
        raise DataError(f"the image has {len(points)} points with depth, too few to find a table")
    generator = np.random.default_rng(SEED)
    chosen = points[generator.permutation(len(points))[:SAMPLE]].astype(np.float64)
    allowed = tolerance * np.maximum(0.5, chosen[:, 2] ** 2)
    triples = chosen[generator.integers(len(chosen), size=(TRIALS, 3))]
    normals = np.cross(triples[:, 1] - triples[:, 0], triples[:, 2] - triples[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    usable = lengths > 1e-6
    normals = normals[usable] / lengths[usable, None]
    offsets = (normals * triples[usable, 0]).sum(1)
    near = np.abs(chosen @ normals.T - offsets) < allowed[:, None]
    best = int(near.sum(0).argmax())
    normal, offset = normals[best], float(offsets[best])
    for _ in range(3):  # least squares on the plane's own points
        own = chosen[np.abs(chosen @ normal - offset) < allowed]
        centre = own.mean(0)
        normal = np.linalg.eigh(np.cov((own - centre).T))[1][:, 0]
        offset = float(normal @ centre)
    off = chosen @ normal - offset
    inside = np.abs(off) < allowed
    if inside.mean() < MIN_SHARE:
        raise DataError(
            f"no table in the image: the largest plane holds {inside.mean():.0%} of the points; "
            "check the intrinsics and the unit of depth"
        )
    if offset > 0:  # the camera, at 0, is to be on the positive side
        normal, offset = -normal, -offset
    spread = 1.4826 * float(np.median(np.abs(off[inside])))
    return Plane(normal, offset, spread)


def table_frame(plane: Plane, points: Points) -> NDArray[np.float64]:
    """Camera -> table ``(4, 4)``: z along the normal, x to the camera's right, z = 0 in the plane.

    The origin lies below the median of the plane's points, so that objects have small coordinates.
    """
    own = points[np.abs(points @ plane.normal - plane.offset) < max(0.006, 3 * plane.spread)]
    x = np.array([1.0, 0.0, 0.0])
    x -= (x @ plane.normal) * plane.normal
    x /= np.linalg.norm(x)
    rotation = np.stack([x, np.cross(plane.normal, x), plane.normal])
    origin = np.median(own.astype(np.float64), axis=0)
    origin = origin - (origin @ plane.normal - plane.offset) * plane.normal
    pose = np.eye(4)
    pose[:3, :3] = rotation
    pose[:3, 3] = -rotation @ origin
    return pose
