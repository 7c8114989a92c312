"""Pictures of a run: samples, what they are made of, and how the steps went."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from geoframe.run.directory import Run
from geoframe_cfdm.generation import Generated
from geoframe_cfdm.method_config import CFDMConfig
from geoframe_cfdm.pipeline import Fitted

PROVENANCE_ROWS = 8
MOST_POINTS = 4000


def draw_figures(
    config: CFDMConfig,
    fitted: Fitted,
    generated: Generated,
    nearest: Tensor | None,
    steps: Sequence[Mapping[str, Any]],
    run: Run,
) -> None:
    """Write the figures that suit the items."""
    items, train = generated.items, fitted.train.data
    if fitted.train.is_image:
        span = (float(train.min()), float(train.max()))
        run.write_figure("samples", image_grid(items[: config.evaluation.shown], span))
        tuples = generated.drawn.get("tuple_index")
        if nearest is not None and tuples is not None:
            figure = provenance_grid(items, train, nearest, tuples, span)
            run.write_figure("samples_and_training_items", figure)
    else:
        run.write_figure("samples", scatter(items, train))
    if steps:
        run.write_figure("effective_sample_size", step_curves(steps))


def image_grid(items: Tensor, span: tuple[float, float]) -> Figure:
    """Images ``(n, h, w[, c])`` in a square grid, as one picture."""
    columns = math.ceil(math.sqrt(len(items)))
    rows = math.ceil(len(items) / columns)
    pictures = [as_picture(item, span) for item in items]
    height, width = pictures[0].shape[:2]
    sheet = np.ones((rows * (height + 1), columns * (width + 1), 3))
    for place, picture in enumerate(pictures):
        top, left = (place // columns) * (height + 1), (place % columns) * (width + 1)
        sheet[top : top + height, left : left + width] = picture
    figure = Figure(figsize=(6, 6 * rows / columns))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(sheet, interpolation="nearest")
    axes.set_axis_off()
    return figure


def provenance_grid(
    items: Tensor, train: Tensor, nearest: Tensor, tuples: Tensor, span: tuple[float, float]
) -> Figure:
    """Each row: a sample, the training items it is the mean of, and the nearest items to it."""
    rows, made_of = min(PROVENANCE_ROWS, len(items)), min(6, tuples.shape[1])
    columns = 1 + made_of + nearest.shape[1]
    figure = Figure(figsize=(1.1 * columns, 1.2 * rows + 0.4), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    titles = ["sample", *["made of"] * made_of, *["nearest"] * nearest.shape[1]]
    for row in range(rows):
        others = [*tuples[row, :made_of].tolist(), *nearest[row].tolist()]
        shown = [items[row], *(train[index] if index >= 0 else None for index in others)]
        for axes, title, item in zip(grid[row], titles, shown, strict=True):
            axes.set_axis_off()
            if row == 0:
                axes.set_title(title, fontsize=8)
            if item is not None:
                axes.imshow(as_picture(item, span), interpolation="nearest")
    return figure


def as_picture(item: Tensor, span: tuple[float, float]) -> NDArray[np.float64]:
    """An image ``(h, w[, c])`` with values in ``span`` as RGB ``(h, w, 3)`` in [0, 1]."""
    low, high = span
    values = ((item.double() - low) / max(high - low, 1e-12)).clamp(0, 1).numpy()
    if values.ndim == 2:
        values = values[..., None]
    if values.shape[2] == 1:
        return np.repeat(values, 3, axis=2)
    picture: NDArray[np.float64] = values[..., :3]
    if values.shape[2] == 4:  # over white
        picture = picture * values[..., 3:] + 1 - values[..., 3:]
    return picture


def scatter(items: Tensor, train: Tensor) -> Figure:
    """Samples over training items: in the plane, in space, or on the first principal axes."""
    flat, known = items.flatten(1).double(), train.flatten(1).double()
    label = "coordinate"
    if flat.shape[1] > 3:
        mean = known.mean(0)
        rows = known[:: max(1, len(known) // MOST_POINTS)] - mean
        axes_of = torch.linalg.svd(rows, full_matrices=False).Vh[:2].T
        flat, known, label = (flat - mean) @ axes_of, (known - mean) @ axes_of, "principal axis"
    if flat.shape[1] == 1:
        flat, known = (torch.cat([each, torch.zeros_like(each)], 1) for each in (flat, known))
    solid = flat.shape[1] == 3
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    for place, (points, title) in enumerate(((known, "training items"), (flat, "samples"))):
        shown = points[:: max(1, len(points) // MOST_POINTS)].numpy()
        axes = figure.add_subplot(1, 2, place + 1, projection="3d" if solid else None)
        axes.plot(*shown.T, ".", markersize=2, color="#9aa5b1" if place == 0 else "#3b6fb6")
        axes.set_title(f"{len(points)} {title}", fontsize=10)
        axes.set_xlabel(f"{label} 1", fontsize=8)
        axes.set_ylabel(f"{label} 2", fontsize=8)
        axes.set_aspect("equal")
    return figure


def step_curves(steps: Sequence[Mapping[str, Any]]) -> Figure:
    """Effective sample size over time, with the engines that served each step."""
    figure = Figure(figsize=(6.5, 3.2), layout="constrained")
    axes = figure.add_subplot()
    times = [step["t"] for step in steps]
    sizes = {
        name: [math.nan if step[name] is None else step[name] for step in steps]
        for name in ("ess_low", "ess_median", "ess_high")
    }
    axes.fill_between(times, sizes["ess_low"], sizes["ess_high"], alpha=0.25, color="#3b6fb6")
    axes.plot(times, sizes["ess_median"], marker="o", markersize=3, color="#3b6fb6")
    seen = ""
    for step, height in zip(steps, sizes["ess_median"], strict=True):
        main = step["engines"].split(", ")[0].rpartition(" ")[0]
        if main != seen and not math.isnan(height):
            axes.annotate(main, (step["t"], height), fontsize=7, rotation=40)
            seen = main
    axes.set_yscale("log")
    axes.set_xlabel("time t (0 noise, 1 data)")
    axes.set_ylabel("effective sample size")
    return figure
