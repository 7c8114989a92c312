"""One RGB-D image with its points in the frame of its table. Torch-free."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from geoframe.errors import DataError
from geoframe_data.scenes import Scenes, back_project
from geoframe_dreamup3d.table.plane import fit_plane, table_frame

MIN_HEIGHT = 0.006
"""Metres above the table from which on a point is no point of the table."""
MAX_HEIGHT = 0.6
"""Metres above the table up to which things stand on it."""
MARGIN = 0.03
"""Metres beyond the table's visible points up to which things stand on it."""
ON_TABLE = 0.01
"""Metres from z = 0 within which the table's points are looked for, where cameras are known."""


@attrs.frozen(eq=False, kw_only=True)
class View:
    """One image in the frame of its table: z up, table at z = 0, metres."""

    rgb: NDArray[np.uint8]
    """``(h, w, 3)``."""
    depth: NDArray[np.float32]
    """``(h, w)``, 0 where nothing was measured."""
    intrinsics: NDArray[np.float64]
    """fx, fy, cx, cy."""
    camera: NDArray[np.float64]
    """Camera -> table ``(4, 4)``."""
    to_world: NDArray[np.float64]
    """Table -> the world of the file's cameras ``(4, 4)``; the identity if that is the table."""
    points: NDArray[np.float32]
    """``(h, w, 3)`` in the table's frame."""
    above: NDArray[np.bool_]
    """Pixels ``(h, w)`` that show something standing on the table."""
    table_spread: float
    """Robust standard deviation of the table's points, metres."""
    repairs: tuple[str, ...] = ()

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Pixels with depth."""
        return self.depth > 0

    @property
    def spacing(self) -> float:
        """Distance of neighbouring pixels' points at the median depth, metres."""
        seen = self.depth[self.above] if self.above.any() else self.depth[self.valid]
        return float(np.median(seen) / self.intrinsics[0])

    def project(self, points: NDArray[np.floating]) -> tuple[NDArray[np.float64], ...]:
        """Image coordinates u, v and depth of points ``(..., 3)`` in the table's frame."""
        back = np.linalg.inv(self.camera)
        seen = points @ back[:3, :3].T + back[:3, 3]
        fx, fy, cx, cy = self.intrinsics
        z = seen[..., 2]
        safe = np.where(z > 1e-6, z, np.inf)
        return fx * seen[..., 0] / safe + cx, fy * seen[..., 1] / safe + cy, z

    def at_stride(self, stride: int) -> View:
        """Every ``stride``-th pixel, as an image of its own with the intrinsics to match."""
        if stride == 1:
            return self
        first = stride // 2
        taken = (slice(first, None, stride), slice(first, None, stride))
        fx, fy, cx, cy = self.intrinsics
        shift = (0.5 - (first + 0.5) / stride) * np.ones(2)
        centre = np.array([cx, cy]) / stride + shift
        return attrs.evolve(
            self,
            rgb=self.rgb[taken],
            depth=self.depth[taken],
            points=self.points[taken],
            above=self.above[taken],
            intrinsics=np.array([fx / stride, fy / stride, *centre]),
        )


def view_of(scenes: Scenes, index: int) -> View:
    """Take one image and find its table.

    Where the file knows the cameras, and the table is at z = 0 of their world, that is the frame;
    else the plane is fitted.

    Raises
    ------
    DataError
        If there is no table in the image.
    """
    depth, intrinsics = scenes.depth[index], scenes.intrinsics[index]
    in_camera = back_project(depth, intrinsics)
    valid = depth > 0
    given = None if scenes.cameras is None else scenes.cameras[index].astype(np.float64)
    repairs: list[str] = []
    if given is not None and _stands_on_zero(in_camera[valid], given):
        camera, to_world = given, np.eye(4)
    else:
        try:
            camera = table_frame(fit_plane(in_camera[valid]), in_camera[valid])
        except DataError as error:
            raise DataError(f"scene {scenes.name(index)}: {error}") from None
        to_world = np.eye(4) if given is None else given @ np.linalg.inv(camera)
        if given is not None:
            repairs.append("the table is not at z = 0 of the cameras' world; its plane was fitted")
    points = (in_camera @ camera[:3, :3].T + camera[:3, 3]).astype(np.float32)
    heights = points[..., 2]
    flat = valid & (np.abs(heights) < MIN_HEIGHT)
    spread = 1.4826 * float(np.median(np.abs(heights[flat]))) if flat.any() else 0.0
    standing = valid & (heights > max(MIN_HEIGHT, 4 * spread)) & (heights < MAX_HEIGHT)
    return View(
        rgb=scenes.rgb[index],
        depth=depth,
        intrinsics=intrinsics,
        camera=camera,
        to_world=to_world,
        points=points,
        above=standing & _over(points[flat][:, :2], points[..., :2], standing),
        table_spread=spread,
        repairs=tuple(repairs),
    )


def _stands_on_zero(points: NDArray[np.float32], camera: NDArray[np.float64]) -> bool:
    heights = points @ camera[2, :3] + camera[2, 3]
    return bool(len(heights)) and float((np.abs(heights) < ON_TABLE).mean()) > 0.1


def _over(
    table: NDArray[np.float32], places: NDArray[np.float32], asked: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether places lie within the convex hull of the table's points, or little outside."""
    inside = np.zeros(asked.shape, dtype=bool)
    if len(table) < 10:
        return inside
    try:
        hull = ConvexHull(table[:: max(1, len(table) // 5000)])
    except QhullError:  # all on one line
        return inside
    off = places[asked] @ hull.equations[:, :2].T + hull.equations[:, 2]
    inside[asked] = off.max(-1) < MARGIN
    return inside
