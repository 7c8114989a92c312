"""Pictures of a trained neural spacetime for its report."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geoframe.run.figures import label, name_points
from geoframe_embedding.figures import MOST_DOTS

MOST_EDGES = 3000
"""Ints drawn at most; more would only make a black picture and a large file."""
MOST_LABELS = 25
LABEL_SIZE = (0.16, 0.025)
"""Width and height that a label needs, as shares of the picture."""


def space_and_time(
    points: NDArray[np.float64],
    times: NDArray[np.float64],
    edges: NDArray[np.int64],
    names: tuple[str, ...],
) -> Figure:
    """Draw nodes by their main direction in space and their mean time coordinate, with edges.

    Only the largest connected part of the graph is drawn: between separate parts no distance was
    asked for, so where they lie says nothing.

    Parameters
    ----------
    points
        ``(n, d)`` space coordinates.
    times
        ``(n, t)`` order coordinates.
    edges
        ``(e, 2)`` node indices.
    names
        Node names; those of the best connected nodes are written where there is room.
    """
    n = len(names)
    graph = csr_array((np.ones(len(edges), dtype=np.int8), edges.T), shape=(n, n))
    _, part = connected_components(graph, directed=False)
    shown = part == np.bincount(part).argmax()
    space, share = _main_direction(points, shown)
    spans = np.maximum(np.ptp(times, axis=0), np.finfo(float).tiny)
    position = np.stack([space, (times / spans).mean(axis=1)], axis=1)
    drawn = edges[shown[edges[:, 0]]]
    drawn = drawn[:: max(1, len(drawn) // MOST_EDGES)][:MOST_EDGES]
    degree = np.bincount(edges.ravel(), minlength=n)

    figure = Figure(figsize=(8, 6), layout="constrained")
    axes = figure.add_subplot()
    axes.add_collection(
        LineCollection(list(position[drawn]), colors="#9aa5b1", linewidths=0.5, alpha=0.4)
    )
    nodes = np.flatnonzero(shown)
    nodes = nodes[:: max(1, len(nodes) // MOST_DOTS)][:MOST_DOTS]
    axes.scatter(
        position[nodes, 0],
        position[nodes, 1],
        s=6 + 60 * degree[nodes] / max(1, degree.max()),
        c=position[nodes, 1],
        cmap="viridis",
        zorder=2,
    )
    order = np.flatnonzero(shown)[np.argsort(-degree[shown])]
    name_points(axes, position[order], [names[node] for node in order])
    for node in _apart(position, order):
        axes.annotate(label(names[node]), position[node], fontsize=7, zorder=3)
    left_out = (
        f"; {n - shown.sum()} nodes in separate parts are not drawn" if n > shown.sum() else ""
    )
    axes.set_xlabel(f"space (first principal axis, {share:.0%} of the variance){left_out}")
    axes.set_ylabel("time (mean order coordinate); edges go up")
    axes.autoscale()
    return figure


def _main_direction(
    points: NDArray[np.float64], shown: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """Coordinate of every point along the principal axis of the shown ones, and its share."""
    centre = points[shown].mean(axis=0)
    _, singular, directions = np.linalg.svd(points[shown] - centre, full_matrices=False)
    variance = float((singular**2).sum())
    share = float(singular[0] ** 2) / variance if variance > 0 else 1.0
    return (points - centre) @ directions[0], share


def _apart(position: NDArray[np.float64], nodes: NDArray[np.int64]) -> list[int]:
    """The first of ``nodes`` whose labels have room beside one another."""
    size = np.maximum(np.ptp(position[nodes], axis=0), np.finfo(float).tiny)
    chosen: list[int] = []
    for node in nodes[: 8 * MOST_LABELS].tolist():
        offsets = np.abs(position[chosen] - position[node]) / size
        if len(chosen) < MOST_LABELS and not (offsets < LABEL_SIZE).all(axis=1).any():
            chosen.append(node)
    return chosen


def time_against_data(learned: NDArray[np.float64], given: NDArray[np.float64]) -> Figure:
    """Scatter the learned time ``(n,)`` over the user's time column ``(n,)``."""
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.scatter(given, learned, s=5, alpha=0.5, color="#3b6fb6")
    axes.set_xlabel("time column of the data")
    axes.set_ylabel("learned time")
    return figure
