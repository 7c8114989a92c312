"""The surface of a volume as triangles: naive surface nets (Gibson 1998)."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

CORNERS = np.array(list(product((0, 1), repeat=3)))
"""Corners of a cell."""
EDGES = tuple(
    (one, two)
    for one in range(8)
    for two in range(one + 1, 8)
    if np.abs(CORNERS[one] - CORNERS[two]).sum() == 1
)
"""Edges of a cell, as pairs of corners."""


def surface_net(
    values: NDArray[np.floating], level: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Triangles between lattice points above and below a level.

    A vertex lies in each cell that the surface passes, at the mean of the places where it crosses
    the cell's edges; a square joins the four cells around each edge that is crossed. The lattice's
    border counts as below, so that the surface is closed.

    Parameters
    ----------
    values
        ``(a, b, c)`` on a lattice.

    Returns
    -------
    vertices, faces
        ``(v, 3)`` in units of the lattice, and corners ``(f, 3)``, counter-clockwise from the
        lower side, which is outside; both are empty if nothing is above.
    """
    padded = np.pad(values.astype(np.float64), 1, constant_values=min(level, values.min()) - 1)
    inside = padded > level
    shape = tuple(side - 1 for side in padded.shape)
    parts = [
        tuple(slice(start, start + side) for start, side in zip(corner, shape, strict=True))
        for corner in CORNERS
    ]
    total, crossed = np.zeros((*shape, 3)), np.zeros(shape)
    for one, two in EDGES:
        first, second = padded[parts[one]], padded[parts[two]]
        cut = inside[parts[one]] != inside[parts[two]]
        share = np.where(cut, (level - first) / np.where(cut, second - first, 1.0), 0.0)
        place = CORNERS[one] + share[..., None] * (CORNERS[two] - CORNERS[one])
        total += np.where(cut[..., None], place, 0.0)
        crossed += cut
    used = crossed > 0
    numbers = np.full(shape, -1, dtype=np.int64)
    numbers[used] = np.arange(used.sum())
    vertices = np.argwhere(used) + total[used] / crossed[used][:, None] - 1
    faces = [_squares(inside, numbers, axis) for axis in range(3)]
    return vertices, np.concatenate(faces)


def _squares(inside: NDArray[np.bool_], numbers: NDArray[np.int64], axis: int) -> NDArray[np.int64]:
    """Two triangles around each crossed edge along an axis ``(f, 3)``."""
    low = np.take(inside, range(inside.shape[axis] - 1), axis)
    high = np.take(inside, range(1, inside.shape[axis]), axis)
    edges = np.argwhere(low != high)
    falls = low[low != high]
    across, up = np.eye(3, dtype=np.int64)[[(axis + 1) % 3, (axis + 2) % 3]]
    around = [edges - across - up, edges - up, edges, edges - across]
    quads = np.stack([numbers[tuple(cell.T)] for cell in around], 1)
    quads[~falls] = quads[~falls][:, ::-1]
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
