"""Views as what networks see: points turned to the camera, at a fixed density. Torch-free."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_dreamup3d.table.view import View

FOCAL = 88.0
"""Focal length, pixels, of the images that networks are trained on (64 pixels, 40 degrees)."""
LENGTH = 0.3
"""Metres that coordinates are divided by."""
BORDER = 6
"""Pixels around what stands on the table that networks see."""
CHANNELS = 7
"""Coordinates, colour, and whether there is depth."""


@attrs.frozen(eq=False)
class NetworkInput:
    """One view thinned out to a network's density of pixels, in a frame turned to the camera."""

    view: View
    """The thinned view."""
    turn: NDArray[np.float64]
    """Table -> turned frame ``(4, 4)``: x to the camera's right, origin amid the objects."""
    points: NDArray[np.float32]
    """``(h, w, 3)`` in the turned frame, 0 without depth."""

    def back(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points ``(..., 3)`` of the turned frame in the table's."""
        inverse = np.linalg.inv(self.turn)
        return np.asarray(points @ inverse[:3, :3].T + inverse[:3, 3])


def window_around(above: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns of what stands on the table, with a border; there must be something."""
    rows, columns = np.flatnonzero(above.any(1)), np.flatnonzero(above.any(0))
    h, w = above.shape
    return (
        slice(max(0, int(rows[0]) - BORDER), min(h, int(rows[-1]) + BORDER + 1)),
        slice(max(0, int(columns[0]) - BORDER), min(w, int(columns[-1]) + BORDER + 1)),
    )


def network_input(view: View, *, focal: float = FOCAL) -> NetworkInput:
    """Thin a view out until its focal length is about ``focal``, and turn it to its camera.

    Which way the world's axes point tells nothing of the objects, so that it is taken out.
    """
    stride = max(1, round(float(view.intrinsics[0]) / focal))
    thin = view.at_stride(stride)
    right = thin.camera[:2, 0] / np.linalg.norm(thin.camera[:2, 0])
    turn = np.eye(4)
    turn[:2, :2] = [[right[0], right[1]], [-right[1], right[0]]]
    standing = thin.points[thin.above] if thin.above.any() else thin.points[thin.valid]
    middle = (standing.min(0) + standing.max(0)) / 2
    turn[:2, 3] = -turn[:2, :2] @ middle[:2]
    points = (thin.points @ turn[:3, :3].T + turn[:3, 3]).astype(np.float32)
    points[~thin.valid] = 0
    return NetworkInput(thin, turn, points)
