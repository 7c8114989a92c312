"""Figures of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from geoframe.run.figures import label
from geoframe_pathways.experts.model import Pathways
from geoframe_pathways.routing.partition import route_space

MAP_SIDE = 300
"""Pixels along a side of the cell map."""
SCATTERED = 4000
"""Rows drawn where there are more than two inputs."""


def cell_map(model: Pathways, x: NDArray[np.float32], errors: NDArray[np.float64]) -> Figure:
    """Draw the cells: an image for two inputs, else rows on their two leading components.

    Parameters
    ----------
    x
        Encoded test inputs ``(n, inputs)``.
    errors
        Error of each of them ``(n,)``.
    """
    figure = Figure(figsize=(9.6, 4.2), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    if x.shape[1] == 2:
        low, high = x.min(axis=0), x.max(axis=0)
        axes = [np.linspace(low[i], high[i], MAP_SIDE, dtype=np.float32) for i in range(2)]
        grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
        cells = model.router.two_nearest(model.space.project(grid))[0][:, 0]
        extent = (float(low[0]), float(high[0]), float(low[1]), float(high[1]))
        image = _shuffled(cells, model.experts).reshape(MAP_SIDE, MAP_SIDE)
        left.imshow(
            image, origin="lower", extent=extent, cmap="tab20", aspect="auto", interpolation="none"
        )
        shown, names = x, model.metadata.encoder.names
    else:
        rows = np.random.default_rng(0).permutation(len(x))[:SCATTERED]
        shown = route_space(x, 2).project(x).astype(np.float32)
        if shown.shape[1] == 1:
            shown = np.hstack([shown, np.zeros_like(shown)])
        cells = model.router.two_nearest(model.space.project(x))[0][:, 0]
        colours = _shuffled(cells, model.experts)
        left.scatter(
            *shown[rows].T, c=colours[rows], cmap="tab20", s=5, linewidths=0, rasterized=True
        )
        shown, errors = shown[rows], errors[rows]
        names = ["first component", "second component"]
    order = np.argsort(errors)
    scatter = right.scatter(
        *shown[order].T,
        c=np.sqrt(errors[order]),
        s=5,
        linewidths=0,
        rasterized=True,  # thousands of dots are one small image, not as many elements
        vmax=max(1e-12, float(np.quantile(np.sqrt(errors), 0.99))),
    )
    figure.colorbar(scatter, ax=right)
    left.set_title("1 cell" if model.experts == 1 else f"{model.experts} cells")
    right.set_title("error of test rows")
    for axis in (left, right):
        axis.set_xlabel(label(names[0]))
    left.set_ylabel(label(names[1]))
    return figure


def validation_curve(
    tried: Sequence[Mapping[str, float | int]], experts: int, weight_decay: float
) -> Figure:
    """Plot what was tried: the validation error over experts, or over decays of one number.

    What was trained with more steps than the others is no point of a curve.

    Parameters
    ----------
    tried
        Rows with ``experts``, ``weight_decay``, ``steps`` and ``validation_error``.
    experts, weight_decay
        What was chosen.
    """
    figure = Figure(figsize=(4.6, 3.2), layout="constrained")
    axes = figure.subplots()
    least = min(row["steps"] for row in tried)
    tried = [row for row in tried if row["steps"] == least]
    if len({row["experts"] for row in tried}) > 1:
        along, lines, chosen = "experts", "weight_decay", float(experts)
        axes.set_xscale("log", base=2)
    else:
        along, lines, chosen = "weight_decay", "experts", weight_decay
        axes.set_xscale("symlog", linthresh=0.1)
    for line in sorted({row[lines] for row in tried}):
        found = sorted((row[along], row["validation_error"]) for row in tried if row[lines] == line)
        name = f"{lines.replace('_', ' ')} {line:g}"
        axes.plot(*zip(*found, strict=True), marker="o", label=name)
    axes.axvline(chosen, color="grey", linestyle=":")
    axes.set_xlabel(along.replace("_", " "))
    axes.set_ylabel("validation error")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    return figure


def _shuffled(cells: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Give neighbouring cells, which often have neighbouring numbers, unlike colours."""
    colours: NDArray[np.int64] = np.random.default_rng(0).permutation(count)[cells] % 20
    return colours
