"""Whole shapes from what one view shows: reflection, and carving of the box. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoframe_dreamup3d.classical.boxes import Box
from geoframe_dreamup3d.table.view import View

CELLS = 32
"""Voxels along the longest side of a box."""
FREE_MARGIN = 0.003
"""Metres in front of the measured surface from which on space counts as seen to be empty."""


@attrs.frozen(eq=False)
class VoxelShape:
    """A solid as occupied cells of a grid in a box's frame."""

    occupied: NDArray[np.bool_]
    """``(a, b, c)`` along the box's axes."""
    box: Box
    """The grid fills this box: cell ``i`` of axis ``k`` spans ``size_k / n_k``."""

    @property
    def cell(self) -> NDArray[np.float64]:
        """Edges of one cell ``(3,)``, metres."""
        return np.asarray(self.box.size / np.array(self.occupied.shape))

    @property
    def volume(self) -> float:
        """Cubic metres."""
        return float(self.occupied.sum() * self.cell.prod())

    def centres(self) -> NDArray[np.float64]:
        """Centres of all cells in the table's frame ``(a, b, c, 3)``."""
        return grid_points(self.box, self.occupied.shape)

    def holds(self, points: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Whether points ``(n, 3)`` in the table's frame lie in an occupied cell."""
        index = np.floor((self.box.local(points) + self.box.size / 2) / self.cell).astype(np.int64)
        inside = ((index >= 0) & (index < self.occupied.shape)).all(1)
        found = np.zeros(len(points), dtype=bool)
        found[inside] = self.occupied[tuple(index[inside].T)]
        return found

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Least and greatest corner, in the table's frame, of the box around occupied cells."""
        points = self.centres()[self.occupied]
        half = np.abs(self.box.rotation) @ self.cell / 2
        return points.min(0) - half, points.max(0) + half


def grid_points(box: Box, cells: tuple[int, ...]) -> NDArray[np.float64]:
    """Centres of a grid that fills a box, in the table's frame ``(a, b, c, 3)``."""
    axes = [
        ((np.arange(n) + 0.5) / n - 0.5) * size for n, size in zip(cells, box.size, strict=True)
    ]
    local = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    return local @ box.rotation.T + box.centre


def seen_empty(
    view: View, points: NDArray[np.floating], *, margin: float = FREE_MARGIN
) -> NDArray[np.bool_]:
    """Whether points ``(..., 3)`` lie in front of what the camera measured in their direction."""
    u, v, z = view.project(points)
    h, w = view.depth.shape
    column, row = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    inside = (z > 0) & (column >= 0) & (column < w) & (row >= 0) & (row < h)
    measured = view.depth[np.clip(row, 0, h - 1), np.clip(column, 0, w - 1)]
    return np.asarray(inside & (measured > 0) & (z < measured - margin))


def reflected(points: NDArray[np.floating], box: Box) -> NDArray[np.float64]:
    """Points ``(n, 3)`` turned by half a turn about the box's third axis."""
    return np.asarray((box.local(points) * np.array([-1, -1, 1])) @ box.rotation.T + box.centre)


def carve(view: View, box: Box, *, symmetric: bool = False) -> VoxelShape:
    """Fill a box and remove what was seen to be empty.

    The surface that is left is the visible one, where it was seen, and the box's, where not.

    Parameters
    ----------
    symmetric
        Carve what is hidden like its counterpart after half a turn about the upright axis. On
        YCB models this takes away more than it should (mean CD-L1 4.3
        against 3.5 mm on 60 scenes of 64 pixels), so it is off.
    """
    edge = box.size.max() / CELLS
    a, b, c = (max(4, int(np.ceil(size / edge))) for size in box.size)
    empty = seen_empty(view, grid_points(box, (a, b, c)))
    if symmetric:
        empty |= empty[::-1, ::-1]
    if empty.all():  # a box thinner than the margin
        empty[:] = False
    return VoxelShape(~empty, box)


def apart(shapes: Sequence[VoxelShape], clouds: Sequence[NDArray[np.floating]]) -> list[VoxelShape]:
    """Give space that several shapes claim to the one whose visible points are nearest.

    Parameters
    ----------
    clouds
        Visible points ``(n, 3)`` of each shape.
    """
    trees = [cKDTree(cloud) for cloud in clouds]
    result = []
    for i, shape in enumerate(shapes):
        cells = np.argwhere(shape.occupied)
        centres = shape.centres()[shape.occupied]
        lost = np.zeros(len(cells), dtype=bool)
        for j, other in enumerate(shapes):
            if j == i:
                continue
            claimed = np.flatnonzero(other.holds(centres))
            if len(claimed):
                own, its = (trees[k].query(centres[claimed])[0] for k in (i, j))
                lost[claimed] |= its < own
        kept = shape.occupied.copy()
        if not lost.all():  # an object inside another's shape keeps its own
            kept[tuple(cells[lost].T)] = False
        result.append(attrs.evolve(shape, occupied=kept))
    return result
