"""Pictures of an embedding for its report."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from geoframe_snowflake.finite_metric import Floats, Ints

MOST_DOTS = 3000
"""Pairs drawn as dots, and edges drawn, at most; more only make a black picture."""
MOST_LABELS = 40


def distortion_histogram(ratios: Floats) -> Figure:
    """Histogram of embedded / given over pairs ``(p,)``, on a logarithmic axis."""
    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.add_subplot()
    positive = ratios[ratios > 0]
    if len(positive):
        low, high = np.log10(positive.min()), np.log10(positive.max())
        margin = max(0.02, 0.05 * (high - low))
        axes.hist(positive, bins=np.logspace(low - margin, high + margin, 60), color="#3b6fb6")
    axes.set_xscale("log")
    axes.axvline(1.0, color="black", linewidth=0.8, linestyle="--")
    axes.set_xlabel("embedded / given distance of a pair")
    axes.set_ylabel("pairs")
    return figure


def learned_curve(t: Floats, f: Floats, lengths: Floats, given: Floats) -> Figure:
    """Draw the learned profile f over the Euclidean distance, with the pairs and known curves.

    Parameters
    ----------
    t, f
        ``(k,)`` arguments from 0 upwards and values of the profile.
    lengths, given
        ``(p,)`` Euclidean distances of the embedded pairs and their given distances.
    """
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.add_subplot()
    every = max(1, len(lengths) // MOST_DOTS)
    axes.scatter(lengths[::every], given[::every], s=4, alpha=0.3, color="#9aa5b1", label="pairs")
    middle = max(float(np.median(lengths)), np.finfo(np.float64).tiny)
    height = float(np.interp(middle, t, f))
    known = {
        "t": t / middle,
        "√t": np.sqrt(t / middle),
        "log(1 + t)": np.log1p(t / middle) / np.log(2),
        "t²": (t / middle) ** 2,
    }
    for (name, curve), style in zip(known.items(), (":", "--", "-.", (0, (1, 3))), strict=True):
        axes.plot(t, height * curve, linestyle=style, linewidth=1, color="#5b6577", label=name)
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
            axes.annotate(name[:20], place, fontsize=7, textcoords="offset points", xytext=(3, 3))
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel(f"first two principal axes, {share:.0%} of the variance")
    axes.autoscale()
    return figure
