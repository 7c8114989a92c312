"""Pictures of an embedding for its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from geoframe.run.figures import label, name_points
from geoframe_embedding.distances import Floats, Ints
from geoframe_embedding.measures import Ratios

BLUE = "#3b6fb6"
GREY = "#9aa5b1"
MOST_DOTS = 3000
"""Pairs drawn as dots, and edges drawn, at most; more only make a black picture."""
MOST_LABELS = 40
RATIOS = (0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Ticks of an axis of ratios."""


def ratio_histogram(ratios: Floats, pairs: str = "pairs") -> Figure:
    """Histogram of embedded / given over ``pairs`` ``(p,)``, on a logarithmic axis."""
    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.add_subplot()
    positive = ratios[(ratios > 0) & np.isfinite(ratios)]
    if len(positive):
        low, high = np.log10(positive.min()), np.log10(positive.max())
        margin = max(0.02, 0.05 * (high - low))
        bins = np.logspace(low - margin, high + margin, 60)
        axes.hist(positive, bins=bins.tolist(), color=BLUE)
        # Ratios usually span less than a decade, in which no power of ten falls.
        ticks = [tick for tick in RATIOS if 10 ** (low - margin) <= tick <= 10 ** (high + margin)]
        if len(ticks) > 2:  # else the axis is so short that it may as well be linear
            axes.set_xscale("log")
            axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axes.minorticks_off()
    axes.axvline(1.0, color="black", linewidth=0.8, linestyle="--")
    axes.set_xlabel(f"embedded / given distance of {pairs}")
    axes.set_ylabel(pairs)
    return figure


def shepard_plot(ratios: Ratios) -> Figure:
    """Embedded over given distance, a dot for each of some pairs; the diagonal is right."""
    figure = Figure(figsize=(5, 4.5), layout="constrained")
    axes = figure.add_subplot()
    every = max(1, len(ratios.given) // MOST_DOTS)
    axes.scatter(ratios.given[::every], ratios.embedded[::every], s=4, alpha=0.3, color=BLUE)
    end = float(ratios.given.max(initial=0.0))
    axes.plot([0, end], [0, end], color="black", linewidth=0.8, linestyle="--")
    axes.set_xlabel("given distance")
    axes.set_ylabel("embedded distance")
    return figure


def map_of_points(
    points: Floats, edges: Ints | None, names: Sequence[str], ratios: Floats | None = None
) -> Figure:
    """Draw the first two principal axes of points ``(n, d)``, with a graph's edges if there are.

    Parameters
    ----------
    points
        ``(n, d)``.
    edges
        ``(e, 2)``, or None.
    names
        Written if there are few.
    ratios
        Embedded / given length of each edge ``(e,)``, by which edges are then coloured.
    """
    plane, share = principal_plane(points)
    figure = Figure(figsize=(7, 6), layout="constrained")
    axes = figure.add_subplot()
    if edges is not None:
        _draw_edges(figure, axes, plane, edges, ratios)
    name_points(axes, plane, names)
    size = 18 if len(points) <= 300 else 4
    axes.scatter(plane[:, 0], plane[:, 1], s=size, color=BLUE, zorder=2)
    if len(points) <= MOST_LABELS:
        for place, name in zip(plane, names, strict=True):
            axes.annotate(
                label(name, 20), place, fontsize=7, textcoords="offset points", xytext=(3, 3)
            )
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel(f"first two principal axes, {share:.0%} of the variance")
    axes.autoscale()
    return figure


def principal_plane(points: Floats) -> tuple[Floats, float]:
    """First two principal axes ``(n, 2)`` of points ``(n, d)``, and their share of the variance."""
    centred = points - points.mean(axis=0)
    values, axes = np.linalg.eigh(centred.T @ centred)
    plane = centred @ axes[:, ::-1][:, :2]
    if plane.shape[1] == 1:
        plane = np.hstack([plane, np.zeros_like(plane)])
    total = max(float(values.sum()), np.finfo(np.float64).tiny)
    return plane, float(values[-2:].sum()) / total


def _draw_edges(
    figure: Figure, axes: Axes, plane: Floats, edges: Ints, ratios: Floats | None
) -> None:
    every = max(1, len(edges) // MOST_DOTS)
    drawn = edges[::every][:MOST_DOTS]
    if ratios is None:
        lines = LineCollection(list(plane[drawn]), colors=GREY, linewidths=0.6, alpha=0.6)
        axes.add_collection(lines)
        return
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.log2(ratios[::every][:MOST_DOTS])
    lines = LineCollection(list(plane[drawn]), cmap="coolwarm", linewidths=0.8, alpha=0.8)
    lines.set_array(np.nan_to_num(error, nan=-1.0, posinf=1.0, neginf=-1.0))
    lines.set_clim(-1, 1)
    axes.add_collection(lines)
    bar = figure.colorbar(lines, ax=axes, shrink=0.7, ticks=[-1, 0, 1])
    bar.ax.set_yticklabels(["≤ 1/2", "1", "≥ 2"])
    bar.set_label("embedded / given length of an edge")


def ratios_by_distance(measured: Mapping[str, Ratios]) -> Figure:
    """Plot mean, least and greatest ratio over the given distance, one colour per embedding."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for index, (name, ratios) in enumerate(measured.items()):
        rows = ratios.by_distance
        middle = np.array([0.5 * (row["from"] + row["to"]) for row in rows])
        means, least, greatest = (
            np.nan_to_num([row[key] for row in rows], nan=0.0, posinf=0.0)
            for key in ("mean_ratio", "least_ratio", "greatest_ratio")
        )
        axes.plot(middle, means, ".-", color=f"C{index}", label=name)
        axes.fill_between(middle, least, greatest, color=f"C{index}", alpha=0.15, linewidth=0)
    axes.axhline(1.0, color="black", linewidth=0.8, linestyle="--")
    axes.set_xlabel("given distance")
    axes.set_ylabel("embedded / given distance")
    axes.legend(fontsize=8)
    return figure
