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
from geoframe.run.figures import label
from geoframe_cfdm.attribution import Attribution
from geoframe_cfdm.config import CFDMConfig
from geoframe_cfdm.fit import Fitted
from geoframe_cfdm.generation import Generated
from geoframe_cfdm.mixed import filled

ORIGIN_ROWS = 8
MOST_PARTS = 6
MOST_POINTS = 4000


def draw_figures(
    config: CFDMConfig,
    fitted: Fitted,
    generated: Generated,
    near: Attribution,
    steps: Sequence[Mapping[str, Any]],
    run: Run,
) -> None:
    """Write the figures that suit the items."""
    items, known = generated.items, fitted.items
    if known.is_image:
        span = (float(fitted.data.min()), float(fitted.data.max()))
        run.write_figure("samples", image_grid(items[: config.evaluation.shown], span))
        figure = origins_grid(
            items, torch.from_numpy(known.data), near, generated.drawn.get("tuple_index"), span
        )
        run.write_figure("samples_and_training_items", figure)
    else:
        data = fitted.data
        if fitted.levels is not None:
            data, items = filled([data, items])
        run.write_figure("samples", scatter(items, data, known.columns))
    if steps and "t" in steps[0]:
        run.write_figure("effective_sample_size", step_curves(steps))


def image_grid(items: Tensor, span: tuple[float, float]) -> Figure:
    """Images ``(n, h, w[, c])`` in a square grid, as one picture."""
    columns = math.ceil(math.sqrt(len(items)))
    pictures = [as_picture(item, span) for item in items]
    sheet = contact_sheet([pictures[at : at + columns] for at in range(0, len(items), columns)])
    figure = Figure(figsize=(6, 6 * sheet.shape[0] / sheet.shape[1]))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(sheet, interpolation="nearest")
    axes.set_axis_off()
    return figure


def contact_sheet(
    rows: Sequence[Sequence[NDArray[np.float64] | None]], gaps: Sequence[int] = ()
) -> NDArray[np.float64]:
    """Pictures ``(h, w, 3)`` side by side, a pixel apart, None for an empty place.

    Parameters
    ----------
    gaps
        Columns before which there is more room: a third of a picture.
    """
    height, width = next(each.shape[:2] for row in rows for each in row if each is not None)
    left = column_starts(max(map(len, rows)), width, gaps)
    sheet = np.ones((len(rows) * (height + 1) - 1, left[-1] + width, 3))
    for number, row in enumerate(rows):
        top = number * (height + 1)
        for start, picture in zip(left, row, strict=False):
            if picture is not None:
                sheet[top : top + height, start : start + width] = picture
    return sheet


def column_starts(columns: int, width: int, gaps: Sequence[int]) -> list[int]:
    """Left edge of each column of a sheet, in pixels."""
    room = max(1, width // 3)
    return [
        column * (width + 1) + room * sum(column >= gap for gap in gaps)
        for column in range(columns)
    ]


def origins_grid(
    items: Tensor,
    known: Tensor,
    near: Attribution,
    tuples: Tensor | None,
    span: tuple[float, float],
) -> Figure:
    """Each row: a sample, the training items it is the mean of, and the nearest ones to it."""
    rows = min(ORIGIN_ROWS, len(items))
    made_of = 0 if tuples is None else min(MOST_PARTS, tuples.shape[1])
    groups = [(0, "sample"), (1, "made of"), (1 + made_of, "nearest training items")]
    groups = [group for group in groups if made_of or group[1] != "made of"]
    pictures = []
    for row in range(rows):
        parts = [] if tuples is None else tuples[row, :made_of].tolist()
        others = [known[item] if item >= 0 else None for item in (*parts, *near.rows[row].tolist())]
        pictures.append(
            [None if each is None else as_picture(each, span) for each in (items[row], *others)]
        )
    gaps = [start for start, _ in groups[1:]]
    sheet = contact_sheet(pictures, gaps)
    figure = Figure(figsize=(7, 7 * sheet.shape[0] / sheet.shape[1]))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(sheet, interpolation="nearest")
    axes.set_axis_off()
    height, width = items.shape[1:3]
    left = column_starts(len(pictures[0]), width, gaps)
    for start, name in groups:
        axes.text(left[start], -0.15 * height, name, fontsize=9)
    for row in near.copies[:rows].nonzero().squeeze(1).tolist():
        place = (-0.06 * width, (row + 0.5) * (height + 1))
        axes.text(*place, "copy", fontsize=9, color="#c0392b", rotation=90, ha="right", va="center")
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


def scatter(items: Tensor, train: Tensor, names: Sequence[str] = ()) -> Figure:
    """Samples beside training items: in the plane, in space, or on two principal axes.

    Parameters
    ----------
    names
        Names of the values of an item, whose units may then differ.
    """
    flat, known = items.flatten(1).double(), train.flatten(1).double()
    labels = list(names) or [f"coordinate {number + 1}" for number in range(flat.shape[1])]
    if flat.shape[1] > 3:
        mean = known.mean(0)
        unit = known.std(0).clamp_min(1e-12) if names else torch.ones_like(mean)
        rows = (known[:: max(1, len(known) // MOST_POINTS)] - mean) / unit
        axes_of = torch.linalg.svd(rows, full_matrices=False).Vh[:2].T
        flat, known = ((each - mean) / unit @ axes_of for each in (flat, known))
        labels = ["principal axis 1", "principal axis 2"]
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    pair = ((known, "training items", "#9aa5b1"), (flat, "samples", "#3b6fb6"))
    for place, (points, title, color) in enumerate(pair):
        shown = points[:: max(1, len(points) // MOST_POINTS)].T.numpy()
        solid = len(shown) == 3
        axes = figure.add_subplot(1, 2, place + 1, projection="3d" if solid else None)
        if len(shown) == 1:
            span = (float(known.min()), float(known.max()))
            axes.hist(shown[0], bins=40, range=span, density=True, color=color)
        else:
            axes.plot(*shown, ".", markersize=2, color=color)
            axes.set_ylabel(label(labels[1]), fontsize=8)
            if not names:
                axes.set_aspect("equal")
        axes.set_title(f"{len(points)} {title}", fontsize=10)
        axes.set_xlabel(label(labels[0]), fontsize=8)
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
    seen = "mean"  # at t = 0 there is nothing to say
    for step, height in zip(steps, sizes["ess_median"], strict=True):
        main = step["engines"].split(", ")[0].rpartition(" ")[0]
        if main != seen and not math.isnan(height):
            axes.annotate(main, (step["t"], height), fontsize=7, rotation=40)
            seen = main
    axes.set_yscale("log")
    axes.margins(y=0.2)  # room for the names of the engines
    axes.set_xlabel("time t (0 noise, 1 data)")
    axes.set_ylabel("effective sample size")
    return figure
