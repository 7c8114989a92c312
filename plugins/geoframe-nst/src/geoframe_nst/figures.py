"""Pictures of a trained neural spacetime for its report."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

MOST_EDGES = 3000
"""Edges drawn at most; more would only make a black picture and a large file."""
MOST_LABELS = 25


def distortion_histogram(ratios: NDArray[np.float64]) -> Figure:
    """Histogram of weight / distance over edges ``(e,)``, on a logarithmic axis."""
    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.add_subplot()
    positive = ratios[ratios > 0]
    if len(positive):
        low, high = np.log10(positive.min()), np.log10(positive.max())
        margin = max(0.02, 0.05 * (high - low))
        axes.hist(
            positive, bins=list(np.logspace(low - margin, high + margin, 60)), color="#3b6fb6"
        )
    axes.set_xscale("log")
    axes.axvline(1.0, color="black", linewidth=0.8, linestyle="--")
    axes.set_xlabel("weight / distance of an edge")
    axes.set_ylabel("edges")
    return figure


def space_and_time(
    points: NDArray[np.float64],
    times: NDArray[np.float64],
    edges: NDArray[np.int64],
    names: tuple[str, ...],
) -> Figure:
    """Draw nodes by their main direction in space and their mean time coordinate, with edges.

    Parameters
    ----------
    points
        ``(n, d)`` space coordinates.
    times
        ``(n, t)`` order coordinates.
    edges
        ``(e, 2)`` node indices.
    names
        Node names; the ends of the longest paths of degrees, the best connected, are labelled.
    """
    centred = points - points.mean(axis=0)
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    space = centred @ directions[0]
    share = singular[0] ** 2 / max(float((singular**2).sum()), np.finfo(float).tiny)
    spans = np.maximum(np.ptp(times, axis=0), np.finfo(float).tiny)
    time = (times / spans).mean(axis=1)
    drawn = edges[:: max(1, len(edges) // MOST_EDGES)][:MOST_EDGES]
    position = np.stack([space, time], axis=1)
    degree = np.bincount(edges.ravel(), minlength=len(names))

    figure = Figure(figsize=(8, 6), layout="constrained")
    axes = figure.add_subplot()
    axes.add_collection(
        LineCollection(list(position[drawn]), colors="#9aa5b1", linewidths=0.5, alpha=0.5)
    )
    axes.scatter(space, time, s=6 + 60 * degree / max(1, degree.max()), c=time, cmap="viridis")
    for node in np.argsort(-degree)[:MOST_LABELS]:
        axes.annotate(names[node][:30], position[node], fontsize=7)
    axes.set_xlabel(f"space (first principal axis, {share:.0%} of the variance)")
    axes.set_ylabel("time (mean order coordinate); edges go up")
    axes.autoscale()
    return figure


def time_against_data(learned: NDArray[np.float64], given: NDArray[np.float64]) -> Figure:
    """Scatter the learned time ``(n,)`` over the user's time column ``(n,)``."""
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.scatter(given, learned, s=5, alpha=0.5, color="#3b6fb6")
    axes.set_xlabel("time column of the data")
    axes.set_ylabel("learned time")
    return figure
