"""Pictures of scenes: masks, boxes, whole shapes from another side, and the self-check."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from geoframe.run.figures import label
from geoframe_dreamup3d.objects import Description
from geoframe_dreamup3d.simulator.files import overlay, palette
from geoframe_dreamup3d.simulator.surface import Mesh

EDGES = [
    (0, 1),
    (0, 2),
    (0, 4),
    (1, 3),
    (1, 5),
    (2, 3),
    (2, 6),
    (3, 7),
    (4, 5),
    (4, 6),
    (5, 7),
    (6, 7),
]
"""Pairs of a box's corners, as :meth:`Box.corners` numbers them."""
MOST_FACES = 20_000
"""Triangles of a scene that are drawn."""
MOST_COLUMNS = 200
"""Columns of the images that are drawn; larger ones are thinned out."""
SIDES = ((25.0, -60.0), (25.0, 120.0))
"""Elevation and azimuth, degrees, that whole shapes are drawn from."""


def scenes_figure(found: Sequence[Description], remarks: Sequence[str]) -> Figure:
    """Draw a row for each scene: image, masks with boxes, shapes from two sides, depth error."""
    columns = 5
    figure = Figure(figsize=(2.6 * columns, 2.7 * max(1, len(found))), layout="constrained")
    for row, (each, remark) in enumerate(zip(found, remarks, strict=True)):
        first = row * columns
        image = figure.add_subplot(len(found), columns, first + 1)
        _show(image, each.view.rgb)
        image.set_title(label(remark, 40), fontsize=8)
        masks = figure.add_subplot(len(found), columns, first + 2)
        _boxes(masks, each)
        for k, (elevation, azimuth) in enumerate(SIDES):
            axes = figure.add_subplot(len(found), columns, first + 3 + k, projection="3d")
            _shapes(axes, each, elevation, azimuth)
        error = figure.add_subplot(len(found), columns, first + 5)
        _error(error, each)
        for axes in (image, masks, error):
            axes.set_axis_off()
    return figure


def _show(axes: Axes, pixels: NDArray[np.uint8]) -> None:
    """Draw an image with its own pixels, not resampled: files stay small."""
    h, w = pixels.shape[:2]
    step = -(-w // MOST_COLUMNS)
    axes.imshow(pixels[::step, ::step], interpolation="none", extent=(-0.5, w - 0.5, h - 0.5, -0.5))


def _boxes(axes: Axes, found: Description) -> None:
    _show(axes, overlay(found.view.rgb, found.labels))
    colours = palette(len(found.objects))
    for each in found.objects:
        u, v, _ = found.view.project(each.tight_box.corners())
        for a, b in EDGES:
            axes.plot(
                [u[a] - 0.5, u[b] - 0.5],
                [v[a] - 0.5, v[b] - 0.5],
                color=colours[each.label],
                linewidth=0.8,
            )
    h, w = found.labels.shape
    axes.set_xlim(-0.5, w - 0.5)
    axes.set_ylim(h - 0.5, -0.5)


def _shapes(axes: Axes, found: Description, elevation: float, azimuth: float) -> None:
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    axes.set_axis_off()
    if not found.objects:
        return
    share = MOST_FACES / sum(len(each.mesh.faces) for each in found.objects)
    for each in found.objects:
        triangles, colours = _thinned(each.mesh, share)
        # Not a public parameter of 2-D axes, hence no type for it.
        axes.add_collection3d(Poly3DCollection(triangles, facecolors=colours, rasterized=True))  # type: ignore[attr-defined]
    corners = np.concatenate([each.mesh.vertices for each in found.objects])
    middle, reach = corners.mean(0), max(0.08, float(np.ptp(corners, axis=0).max()) / 2)
    axes.set_xlim(middle[0] - reach, middle[0] + reach)
    axes.set_ylim(middle[1] - reach, middle[1] + reach)
    axes.set_zlim(0, 2 * reach)  # type: ignore[attr-defined]
    axes.view_init(elevation, azimuth)  # type: ignore[attr-defined]


def _thinned(mesh: Mesh, share: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Triangles ``(t, 3, 3)`` and colours of about a share of a mesh's faces.

    Vertices are moved to the nodes of a coarser grid, and triangles that collapse fall away.
    """
    spacing = 0.002 * max(1.0, share**-0.5)
    nodes = np.round(mesh.vertices / spacing).astype(np.int64)
    _, number = np.unique(nodes, axis=0, return_inverse=True)
    corners = number.ravel()[mesh.faces]
    a, b, c = corners.T
    whole = (a != b) & (b != c) & (a != c)
    triangles = (spacing * nodes)[mesh.faces[whole]]
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    light = 0.6 + 0.4 * np.abs(normals @ np.array([0.3, 0.4, 0.86]))
    return triangles, mesh.colours[mesh.faces[whole][:, 0]] / 255 * light[:, None]


def _error(axes: Axes, found: Description) -> None:
    """Draw where objects are drawn or measured; a table's noise tells nothing."""
    off = found.check.depth - found.check.measured
    shown = (found.check.measured > 0) & found.check.objects
    axes.imshow(
        np.where(shown, 100 * off, np.nan), cmap="coolwarm", vmin=-3, vmax=3, interpolation="none"
    )
    axes.set_title("drawn - measured, 3 cm", fontsize=8)
