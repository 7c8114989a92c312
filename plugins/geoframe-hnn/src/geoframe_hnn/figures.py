"""Pictures of an embedded tree for its report."""

from __future__ import annotations

import attrs
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from geoframe.run.figures import label, name_points
from geoframe_data.graph import Floats, Ints
from geoframe_hnn.hyperbolic.directions import planar_directions
from geoframe_hnn.hyperbolic.embedded_tree import HyperbolicTree

MOST_EDGES = 3000
"""Edges drawn at most, those nearest to the centre."""
MOST_LABELS = 60
EDGES_OF_A_PATH = 20
LEVELS = 4
"""Sizes of dots and widths of lines that are told apart per factor of 2."""
MEAN_RADIUS = 4.5
"""Mean length of the paths from the centre when a large tree is drawn, at curvature -1."""


def drawable(embedded: HyperbolicTree, center: int = 0) -> HyperbolicTree:
    """Embed the same tree for the eye: in the plane, small enough to be seen.

    At a certified scale even the neighbours of the centre lie on the rim of the disc.
    """
    tree = embedded.tree
    mean = max(float(tree.distance(center, np.arange(len(tree))).mean()), 1e-300)
    # The more nodes, the more of the disc they need; a few would only be pushed to its rim.
    scale = min(MEAN_RADIUS, 1.0 + 0.6 * float(np.log(len(tree)))) / mean
    return HyperbolicTree(tree=tree, direction=planar_directions(tree, scale), scale=scale)


def poincare_disc(embedded: HyperbolicTree, center: int = 0) -> Figure:
    """Draw an embedding of the plane in the Poincare disc, its edges as geodesics."""
    points = attrs.evolve(embedded, curvature=-1.0).to_poincare(center)
    radius, _ = embedded.polar(center)
    z = points[:, 0] + 1j * points[:, 1]
    parent = embedded.tree.parent
    child = 1 + np.argsort(np.maximum(radius[1:], radius[parent[1:]]), kind="stable")[:MOST_EDGES]
    drawn = np.append(child, center)
    room = 1.0 - np.abs(z) ** 2
    few = len(parent) <= MOST_LABELS  # then all can be read; of more, those near the rim by zooming
    figure = Figure(figsize=(8, 8), layout="constrained")
    axes = figure.add_subplot()
    axes.add_patch(Circle((0, 0), 1, facecolor="#f7f9fc", edgecolor="#9aa5b1"))
    widths = np.clip(1.6 * room[child], 0.6 if few else 0.1, 1.2)
    _draw_edges(axes, geodesics(z[parent[child]], z[child]), widths)
    sizes = np.clip(30.0 * room[drawn], 8.0 if few else 0.3, 24.0)
    _draw_nodes(axes, z[drawn], embedded.tree.depth[drawn], sizes)
    by_radius = np.argsort(radius, kind="stable")
    places = np.stack([z.real, z.imag], axis=-1)[by_radius]
    name_points(axes, places, [embedded.tree.names[node] for node in by_radius])
    for node in by_radius[:MOST_LABELS]:
        axes.annotate(
            label(embedded.tree.names[node][-28:]),
            (z[node].real, z[node].imag),
            fontsize=float(np.clip(9.0 * room[node], 6.0 if few else 1.5, 8.0)),
            textcoords="offset points",
            xytext=(2.0 if z[node].real >= 0.0 else -2.0, 2.0),
            ha="left" if z[node].real >= 0.0 else "right",
            zorder=4,
        )
    axes.set_aspect("equal")
    axes.set_xlim(-1.02, 1.02)
    axes.set_ylim(-1.02, 1.02)
    axes.axis("off")
    left_out = len(parent) - 1 - len(child)
    axes.set_title(
        f"{label(embedded.tree.names[center])} in the middle, colour by depth, "
        "scale chosen for the eye"
        + (f"; {left_out} edges near the rim left out" if left_out else ""),
        fontsize=9,
    )
    return figure


def _draw_edges(axes: Axes, curves: NDArray[np.complex128], widths: Floats) -> None:
    """Draw Bezier curves ``(m, 4)``; some of about the same width share a path, to save space."""
    codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    for level in np.unique(_levels(widths)):
        alike = curves[_levels(widths) == level]
        paths = -(-len(alike) // EDGES_OF_A_PATH)
        for first in range(paths):
            # Neighbours are on different paths: viewers make a blot of lines of one that touch.
            points = alike[first::paths].ravel()
            path = Path(np.stack([points.real, points.imag], axis=-1), codes * (len(points) // 4))
            axes.add_patch(
                PathPatch(path, fill=False, edgecolor="#8794a5", linewidth=level, clip_on=False)
            )


def _draw_nodes(axes: Axes, z: NDArray[np.complex128], depth: Ints, sizes: Floats) -> None:
    """Draw dots, coloured by depth; those of about the same size share their outline."""
    for level in np.unique(_levels(sizes))[::-1]:
        here = _levels(sizes) == level
        axes.scatter(
            z[here].real,
            z[here].imag,
            s=level,
            c=depth[here],
            cmap="viridis",
            vmin=depth.min(),
            vmax=depth.max(),
            zorder=3,
            linewidths=0,
            clip_on=False,
        )


def _levels(values: Floats) -> Floats:
    found: Floats = 2.0 ** (np.round(LEVELS * np.log2(values)) / LEVELS)
    return found


def geodesics(start: NDArray[np.complex128], end: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Cubic Bezier curves ``(m, 4)`` along the geodesics of the unit disc between ``(m,)`` points.

    A geodesic is an arc of a circle. The curve leaves both ends in its directions and is off by
    3e-4 of its radius at a quarter of a turn, by 2 % at half a turn, which is the most.
    """
    start = start * np.minimum(1.0, (1.0 - 1e-12) / np.maximum(np.abs(start), 1e-300))
    end = end * np.minimum(1.0, (1.0 - 1e-12) / np.maximum(np.abs(end), 1e-300))
    # The Moebius map that takes one end to 0, where geodesics are straight, keeps directions there.
    away, back = (
        (end - start) / (1.0 - np.conj(start) * end),
        (start - end) / (1.0 - np.conj(end) * start),
    )
    away, back = (way / np.maximum(np.abs(way), 1e-300) for way in (away, back))
    chord = np.abs(end - start)
    turn = np.real(away * np.conj(end - start)) / np.maximum(chord, 1e-300)  # cosine of half of it
    handle = 2.0 * chord / (3.0 * (1.0 + turn))
    found: NDArray[np.complex128] = np.stack(
        [start, start + handle * away, end + handle * back, end], axis=-1
    )
    return found
