"""Pictures of a run: the latent map with its edges, degrees, calibration, confusion, peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from geoframe.run.figures import label, name_points
from geoframe_lgi.measures import reliability
from geoframe_lgi.task import NodeTask, Scores

MOST_EDGES = 2500
"""Edges drawn at most, the surest first; more would only make a black picture."""
MOST_CLASSES = 10
"""Classes that have a colour of their own in the legend."""
MOST_CONFUSED = 20
"""Classes up to which a confusion matrix can be read."""


def latent_map(
    task: NodeTask, points: NDArray[np.float64], shares: Mapping[tuple[int, int], float]
) -> Figure:
    """Draw rows by the two main directions of their latent points, with the surest edges."""
    figure = Figure(figsize=(7, 5.5), layout="constrained")
    axes = figure.add_subplot()
    place = two_directions(points)
    name_points(axes, place, task.names)
    best = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_EDGES]
    if best:
        ends = np.array([pair for pair, _ in best])
        widths = [0.3 + 0.7 * share for _, share in best]
        lines = LineCollection(list(place[ends]), colors="#9aa5b1", linewidths=widths, alpha=0.35)
        axes.add_collection(lines)
    if task.kind == "classification":
        for code, name in enumerate(task.outputs[:MOST_CLASSES]):
            rows = task.codes == code
            axes.scatter(place[rows, 0], place[rows, 1], s=9, label=label(name), zorder=2)
        rest = (task.codes < 0) | (task.codes >= MOST_CLASSES)
        if rest.any():
            axes.scatter(
                place[rest, 0], place[rest, 1], s=6, color="#c3c9cf", label="other", zorder=1
            )
        axes.legend(fontsize=7, markerscale=1.5)
    else:
        value = np.nan_to_num(task.target[:, 0], nan=float(np.nanmean(task.target[:, 0])))
        shown = axes.scatter(place[:, 0], place[:, 1], s=9, c=value, cmap="viridis", zorder=2)
        figure.colorbar(shown, label=label(task.outputs[0]))
    axes.set_xlabel("first main direction of the latent points")
    axes.set_ylabel("second")
    axes.autoscale()
    return figure


def two_directions(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coordinates ``(n, 2)`` of points along their principal axes."""
    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    place = centred @ axes[:2].T
    return np.pad(place, ((0, 0), (0, 2 - place.shape[1])))


def degrees(shares: Mapping[tuple[int, int], float], n: int) -> Figure:
    """Draw how often rows serve as sources, in the mean over drawn graphs."""
    figure = Figure(figsize=(5, 3.2), layout="constrained")
    axes = figure.add_subplot()
    out = np.zeros(n)
    for (source, _), share in shares.items():
        out[source] += share
    axes.hist(out, bins=40, color="#3b6fb6")
    axes.set_xlabel("rows that a row is a source of")
    axes.set_ylabel("rows")
    return figure


def calibration(task: NodeTask, scores: Scores, rows: NDArray[np.bool_]) -> Figure:
    """Draw the share of right predictions over the probability that was given to them."""
    figure = Figure(figsize=(4.2, 4), layout="constrained")
    axes = figure.add_subplot()
    given, target = scores[rows], task.target[rows]
    if task.kind == "classification":
        bins = reliability(given.max(axis=1), given.argmax(axis=1) == target[:, 0])
    else:
        bins = reliability(np.maximum(given, 1 - given), (given > 0.5) == (target > 0))
    axes.plot([0, 1], [0, 1], color="#c3c9cf", linewidth=1)
    axes.plot([b[0] for b in bins], [b[1] for b in bins], marker="o", color="#3b6fb6")
    axes.set_xlabel("probability of the prediction")
    axes.set_ylabel("share that was right (test rows)")
    return figure


def confusion(task: NodeTask, scores: Scores, rows: NDArray[np.bool_]) -> Figure:
    """Draw how many test rows of each class were predicted as each class."""
    classes = len(task.outputs)
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (task.codes[rows], scores[rows].argmax(axis=1)), 1)
    figure = Figure(figsize=(1.8 + 0.45 * classes, 1.5 + 0.42 * classes), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues", vmax=1)
    for true in range(classes):
        for said in range(classes):
            dark = counts[true, said] > 0.5 * counts[true].sum()
            axes.text(
                said,
                true,
                str(counts[true, said]),
                ha="center",
                va="center",
                fontsize=7,
                color="white" if dark else "black",
            )
    names = [label(name, 14) for name in task.outputs]
    axes.set_xticks(range(classes), names, rotation=90, fontsize=7)
    axes.set_yticks(range(classes), names, fontsize=7)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    return figure


def peers(rows: Sequence[Mapping[str, Any]], measure: str) -> Figure:
    """Draw every model's measure with its spread over splits, the best on top."""
    ordered = sorted(rows, key=lambda row: row[measure])
    figure = Figure(figsize=(6, 0.8 + 0.28 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    values = [row[measure] for row in ordered]
    spread = [row[f"{measure}_sd"] or 0.0 for row in ordered]
    names = [row["model"] for row in ordered]
    main = rows[0]["model"]
    colors = ["#c2571a" if name == main else "#3b6fb6" for name in names]
    axes.errorbar(values, range(len(rows)), xerr=spread, fmt="none", ecolor="#9aa5b1", zorder=1)
    axes.scatter(values, range(len(rows)), c=colors, zorder=2)
    axes.set_yticks(range(len(rows)), names)
    axes.set_xlabel(f"{measure} on test rows (bars: standard deviation over splits)")
    return figure
