"""The scene drawn again, against the image it came from. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_dreamup3d.generator.rasterizer import rasterize
from geoframe_dreamup3d.simulator.surface import Mesh
from geoframe_dreamup3d.table.view import View

COLUMNS = 160
"""Columns of the image that is drawn; larger ones are thinned out."""
CLOSE = 0.01
"""Metres within which depths agree."""


@attrs.frozen(eq=False, kw_only=True)
class SelfCheck:
    """How well drawn and measured depth agree where either shows an object."""

    depth: NDArray[np.float32]
    """Drawn depth ``(h, w)`` of a thinned out image; the table where no object is."""
    measured: NDArray[np.float32]
    """Measured depth of the same pixels."""
    objects: NDArray[np.bool_]
    """Pixels ``(h, w)`` where an object is drawn or was found."""
    agreeing: Mapping[int, float]
    """Object -> share of the pixels of its mask and of its drawn outline that agree."""
    median_error: float | None
    """Median absolute difference over objects' pixels, metres; None without objects."""

    def confidence(self, label: int) -> float:
        """Share of an object's pixels that its shape explains."""
        return self.agreeing[label]

    def summary(self) -> dict[str, Any]:
        """Numbers for a file."""
        return {
            "median_depth_error_m": self.median_error,
            "agreeing_share": {str(label): share for label, share in self.agreeing.items()},
            "threshold_m": CLOSE,
        }


def check(view: View, labels: NDArray[np.int32], meshes: Sequence[Mesh]) -> SelfCheck:
    """Draw meshes, in the table's frame, on an empty table and compare depths.

    Parameters
    ----------
    labels
        ``(h, w)``; object ``k`` is ``meshes[k - 1]``.
    """
    stride = max(1, -(-view.depth.shape[1] // COLUMNS))
    thin = view.at_stride(stride)
    first = stride // 2
    seen = labels[first::stride, first::stride]
    drawn, owner = draw_depth(thin, meshes)
    difference = np.abs(drawn - thin.depth)
    known = thin.depth > 0
    agreeing = {}
    for label in range(1, len(meshes) + 1):
        either = ((seen == label) | (owner == label)) & known
        agreeing[label] = float((difference[either] < CLOSE).mean()) if either.any() else 0.0
    objects = (seen > 0) & known
    return SelfCheck(
        depth=drawn,
        measured=thin.depth,
        objects=(seen > 0) | (owner > 0),
        agreeing=agreeing,
        median_error=float(np.median(difference[objects])) if objects.any() else None,
    )


def draw_depth(view: View, meshes: Sequence[Mesh]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Depth of meshes on the table, and which mesh (from 1) each pixel shows, 0 for the table."""
    h, w = view.depth.shape
    fx, fy, cx, cy = view.intrinsics
    v, u = np.meshgrid(np.arange(h) + 0.5, np.arange(w) + 0.5, indexing="ij")
    rays = np.stack([(u - cx) / fx, (v - cy) / fy, np.ones_like(u)], -1)
    down = rays @ view.camera[2, :3]
    with np.errstate(divide="ignore"):
        table = np.where(down < -1e-6, -view.camera[2, 3] / down, np.inf)
    depth, owner = table.ravel(), np.zeros(h * w, dtype=np.int32)
    back = np.linalg.inv(view.camera)
    for k, mesh in enumerate(meshes):
        hits = rasterize(mesh.moved(back).vertices, mesh.faces, view.intrinsics, (h, w))
        nearer = hits.depth < depth[hits.pixels]
        depth[hits.pixels[nearer]] = hits.depth[nearer]
        owner[hits.pixels[nearer]] = k + 1
    return depth.reshape(h, w).astype(np.float32), owner.reshape(h, w)
