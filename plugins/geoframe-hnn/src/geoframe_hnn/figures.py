"""Pictures of an embedded tree for its report."""

from __future__ import annotations

import attrs
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from geoframe.run.figures import label
from geoframe_hnn.directions import planar_directions
from geoframe_hnn.hyperbolic_tree import HyperbolicTree
from geoframe_hnn.quality import Distortion
from geoframe_hnn.tree import Floats

MOST_EDGES = 3000
"""Edges drawn at most, those nearest to the centre."""
MOST_LABELS = 60
SAMPLES = 10
"""Points of a drawn geodesic."""
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
    curves = geodesics(z[parent[child]], z[child])
    axes.add_collection(
        LineCollection(
            list(np.stack([curves.real, curves.imag], axis=-1)),
            colors="#8794a5",
            linewidths=np.clip(1.6 * room[child], 0.6 if few else 0.1, 1.2),
        )
    )
    axes.scatter(
        z[drawn].real,
        z[drawn].imag,
        s=np.clip(30.0 * room[drawn], 8.0 if few else 0.3, 24.0),
        c=embedded.tree.depth[drawn],
        cmap="viridis",
        zorder=3,
        linewidths=0,
    )
    for node in np.argsort(radius, kind="stable")[:MOST_LABELS]:
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


def geodesics(start: NDArray[np.complex128], end: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Points ``(m, 10)`` on the geodesics of the unit disc between ``(m,)`` and ``(m,)``."""
    # A Moebius map takes the start to 0, where geodesics are straight; its inverse takes us back.
    start = start * np.minimum(1.0, (1.0 - 1e-12) / np.maximum(np.abs(start), 1e-300))
    end = end * np.minimum(1.0, (1.0 - 1e-12) / np.maximum(np.abs(end), 1e-300))
    start, end = start[:, None], end[:, None]
    away = (end - start) / (1.0 - np.conj(start) * end)
    length = np.minimum(np.abs(away), 1.0 - 1e-15)
    steps = np.tanh(np.linspace(0.0, 1.0, SAMPLES) * np.arctanh(length))
    straight = away / np.maximum(np.abs(away), 1e-300) * steps
    found: NDArray[np.complex128] = (straight + start) / (1.0 + np.conj(start) * straight)
    return found


def distortion_by_distance(measured: dict[str, Distortion]) -> Figure:
    """Plot mean, least and greatest ratio over the tree distance, one colour per embedding."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for index, (name, distortion) in enumerate(measured.items()):
        rows = distortion.by_distance()
        middle: Floats = np.array([0.5 * (row["from"] + row["to"]) for row in rows])
        colour = f"C{index}"
        axes.plot(middle, [row["mean ratio"] for row in rows], ".-", color=colour, label=name)
        axes.fill_between(
            middle,
            [row["least ratio"] for row in rows],
            [row["greatest ratio"] for row in rows],
            color=colour,
            alpha=0.15,
            linewidth=0,
        )
    axes.axhline(1.0, color="black", linewidth=0.8, linestyle="--")
    axes.set_xlabel("distance in the tree")
    axes.set_ylabel("embedded distance / tree distance")
    axes.legend(fontsize=8)
    return figure
