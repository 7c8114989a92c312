"""A closed mesh around occupied cells (naive surface nets). Torch-free."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d

from geoframe_dreamup3d.classical.completion import VoxelShape

SMOOTHING = np.array([0.25, 0.5, 0.25])
"""Filter along each axis that takes the steps out of a surface of cells."""


@attrs.frozen(eq=False)
class Mesh:
    """Triangles with colours at the vertices; outward is where corners run counter-clockwise."""

    vertices: NDArray[np.float64]
    """``(v, 3)``, metres."""
    faces: NDArray[np.int64]
    """``(f, 3)``."""
    colours: NDArray[np.uint8]
    """``(v, 3)``."""

    def moved(self, pose: NDArray[np.floating[Any]]) -> Mesh:
        """The mesh in the frame that ``pose`` ``(4, 4)`` leads to."""
        return attrs.evolve(self, vertices=self.vertices @ pose[:3, :3].T + pose[:3, 3])

    @property
    def volume(self) -> float:
        """Volume inside a closed mesh, cubic metres (divergence theorem)."""
        a, b, c = (self.vertices[self.faces[:, k]] for k in range(3))
        return float((a * np.cross(b, c)).sum() / 6)

    @property
    def centroid(self) -> NDArray[np.float64]:
        """Centre of mass of a closed mesh of even density ``(3,)``."""
        a, b, c = (self.vertices[self.faces[:, k]] for k in range(3))
        volumes = (a * np.cross(b, c)).sum(1) / 6
        return np.asarray((volumes[:, None] * (a + b + c) / 4).sum(0) / volumes.sum())


def surface_of(shape: VoxelShape) -> Mesh:
    """Return the surface of a solid in the table's frame, grey.

    Gibson, "Constrained Elastic Surface Nets", MICCAI 1998, without the relaxation: a vertex in
    every dual cell that the surface passes, at the mean of its crossings of the cell's edges; a
    quadrangle for every edge that it crosses.
    """
    field = np.pad(shape.occupied.astype(np.float64), 2)
    for axis in range(3):
        field = np.asarray(
            convolve1d(field, SMOOTHING, axis=axis, mode="constant"), dtype=np.float64
        )
    field -= 0.5
    if not (field > 0).any():  # thinner than the filter
        field = np.pad(shape.occupied.astype(np.float64), 2) - 0.5
    places, number = _vertices(field)
    faces = _faces(field, number)
    # Sample i of the padded field is the centre of cell i - 2.
    local = (places - 2 + 0.5) * shape.cell - shape.box.size / 2
    vertices = local @ shape.box.rotation.T + shape.box.centre
    grey = np.full((len(vertices), 3), 128, dtype=np.uint8)
    return Mesh(vertices, faces, grey)


def _vertices(field: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Places of the vertices, in samples, and the number of each dual cell's vertex (or -1)."""
    inside = field > 0
    low, high = slice(None, -1), slice(1, None)
    shape = tuple(n - 1 for n in field.shape)
    total, count = np.zeros((*shape, 3)), np.zeros(shape)
    for axis in range(3):
        others = [k for k in range(3) if k != axis]
        for first in (low, high):
            for second in (low, high):
                start = [low] * 3
                start[others[0]], start[others[1]] = first, second
                end = list(start)
                end[axis] = high
                a, b = field[tuple(start)], field[tuple(end)]
                crossed = inside[tuple(start)] != inside[tuple(end)]
                gap = np.where(crossed, a - b, 1.0)
                total[..., axis] += np.where(crossed, a / gap, 0)
                total[..., others[0]] += np.where(crossed, first is high, 0)
                total[..., others[1]] += np.where(crossed, second is high, 0)
                count += crossed
    used = count > 0
    number = np.full(shape, -1, dtype=np.int64)
    number[used] = np.arange(used.sum())
    corners = np.argwhere(used)
    return corners + total[used] / count[used][:, None], number


def _faces(field: NDArray[np.float64], number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Two triangles for every crossed edge, around it through its four dual cells."""
    inside = field > 0
    made = []
    for axis in range(3):
        b, c = (axis + 1) % 3, (axis + 2) % 3
        start, end = [slice(1, -1)] * 3, [slice(1, -1)] * 3
        start[axis], end[axis] = slice(0, -1), slice(1, None)
        first, second = inside[tuple(start)], inside[tuple(end)]
        edges = np.argwhere(first != second)
        offset = np.ones(3, dtype=np.int64)
        offset[axis] = 0
        at = edges + offset  # sample at the start of the edge
        leaves = first[tuple(edges.T)]  # from inside to outside along the axis
        corners = []
        for db, dc in ((1, 1), (0, 1), (0, 0), (1, 0)):
            cell = at.copy()
            cell[:, b] -= db
            cell[:, c] -= dc
            corners.append(number[tuple(cell.T)])
        quad = np.stack(corners, 1)
        quad[~leaves] = quad[~leaves][:, ::-1]
        made += [quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]]
    return np.concatenate(made)
