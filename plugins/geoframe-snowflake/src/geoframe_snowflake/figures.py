"""Pictures of an embedding for its report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from geoframe.run.figures import label
from geoframe_snowflake.curves import CURVES
from geoframe_snowflake.finite_metric import Floats, Ints

MOST_DOTS = 3000
"""Pairs drawn as dots, and edges drawn, at most; more only make a black picture."""
MOST_LABELS = 40
RATIOS = (0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Ticks of an axis of ratios."""
STYLES: Mapping[str, Any] = dict(
    zip(CURVES, (":", "--", "-.", (0, (1, 4)), (0, (5, 1, 1, 1, 1, 1))), strict=True)
)
"""Line style of each known curve."""


def distortion_histogram(ratios: Floats) -> Figure:
    """Histogram of embedded / given over pairs ``(p,)``, on a logarithmic axis."""
    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.add_subplot()
    positive = ratios[ratios > 0]
    if len(positive):
        low, high = np.log10(positive.min()), np.log10(positive.max())
        margin = max(0.02, 0.05 * (high - low))
        bins = np.logspace(low - margin, high + margin, 60)
        axes.hist(positive, bins=bins.tolist(), color="#3b6fb6")
        # Ratios usually span less than a decade, in which no power of ten falls.
        ticks = [tick for tick in RATIOS if 10 ** (low - margin) <= tick <= 10 ** (high + margin)]
        if len(ticks) > 2:  # else the axis is so short that it may as well be linear
            axes.set_xscale("log")
            axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axes.minorticks_off()
    axes.axvline(1.0, color="black", linewidth=0.8, linestyle="--")
    axes.set_xlabel("embedded / given distance of a pair")
    axes.set_ylabel("pairs")
    return figure


def learned_curve(
    t: Floats,
    f: Floats,
    lengths: Floats,
    given: Floats,
    curves: Mapping[str, tuple[Floats, float]],
) -> Figure:
    """Draw the learned profile f over the Euclidean distance, with the pairs and known curves.

    Parameters
    ----------
    t, f
        ``(k,)`` arguments from 0 upwards and values of the profile.
    lengths, given
        ``(p,)`` Euclidean distances of the embedded pairs and their given distances.
    curves
        Known curves by name: values ``(k,)`` and relative misfit.
    """
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.add_subplot()
    every = max(1, len(lengths) // MOST_DOTS)
    axes.scatter(lengths[::every], given[::every], s=4, alpha=0.3, color="#9aa5b1", label="pairs")
    for name, (values, misfit) in curves.items():
        axes.plot(t, values, linestyle=STYLES[name], linewidth=1, color="#5b6577")
        axes.plot([], [], linestyle=STYLES[name], color="#5b6577", label=f"{name} ({misfit:.0%})")
    axes.plot(t, f, color="#c2410c", linewidth=2, label="learned f")
    axes.set_ylim(0, 1.1 * max(float(f.max()), float(given.max())))
    axes.set_xlabel("Euclidean distance of the points")
    axes.set_ylabel("distance")
    axes.legend(frameon=False, fontsize=8)
    return figure


def embedding(points: Floats, edges: Ints | None, names: tuple[str, ...]) -> Figure:
    """Draw the first two principal axes of points ``(n, d)``, with a graph's edges if there are."""
    centred = points - points.mean(axis=0)
    values, axes_of = np.linalg.eigh(centred.T @ centred)
    plane = centred @ axes_of[:, ::-1][:, :2]
    if plane.shape[1] == 1:
        plane = np.hstack([plane, np.zeros_like(plane)])
    share = float(values[-2:].sum() / max(float(values.sum()), np.finfo(np.float64).tiny))
    figure = Figure(figsize=(7, 6), layout="constrained")
    axes = figure.add_subplot()
    if edges is not None:
        drawn = edges[:: max(1, len(edges) // MOST_DOTS)][:MOST_DOTS]
        lines = LineCollection(list(plane[drawn]), colors="#9aa5b1", linewidths=0.6, alpha=0.6)
        axes.add_collection(lines)
    size = 18 if len(points) <= 300 else 4
    axes.scatter(plane[:, 0], plane[:, 1], s=size, color="#3b6fb6", zorder=2)
    if len(points) <= MOST_LABELS:
        for place, name in zip(plane, names, strict=True):
            axes.annotate(
                label(name, 20), place, fontsize=7, textcoords="offset points", xytext=(3, 3)
            )
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel(f"first two principal axes, {share:.0%} of the variance")
    axes.autoscale()
    return figure
