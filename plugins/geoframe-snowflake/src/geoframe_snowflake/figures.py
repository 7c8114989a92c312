"""Pictures of a run: those of any embedding, and the learned profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from geoframe.run.directory import Run
from geoframe_embedding.distances import EuclideanDistances, Floats
from geoframe_embedding.figures import (
    GREY,
    MOST_DOTS,
    map_of_points,
    ratio_histogram,
    shepard_plot,
)
from geoframe_embedding.measures import Ratios
from geoframe_embedding.pairs import Pairs
from geoframe_snowflake.certificate.curves import CURVES, fitted_curves
from geoframe_snowflake.metric.finite_metric import FiniteMetric
from geoframe_snowflake.radial import Radial
from geoframe_snowflake.trained import TrainedSnowflake

STYLES: Mapping[str, Any] = dict(
    zip(CURVES, (":", "--", "-.", (0, (1, 4)), (0, (5, 1, 1, 1, 1, 1))), strict=True)
)
"""Line style of each known curve."""


def draw(
    run: Run, metric: FiniteMetric, trained: TrainedSnowflake, pairs: Pairs, ratios: Ratios
) -> list[str]:
    """Write the pictures of an embedding; return what is to be said of them."""
    notes: list[str] = []
    points = trained.points.double().numpy()
    run.write_figure("distortion", ratio_histogram(ratios.ratio))
    run.write_figure("shepard", shepard_plot(ratios))
    geometry = trained.embedding.geometry
    if isinstance(geometry, Radial):
        lengths = EuclideanDistances(points=points).between(pairs.first, pairs.second)
        unit = float(np.median(lengths)) or 1.0
        t = torch.linspace(0, float(lengths.max()) or 1.0, 400, dtype=trained.points.dtype)
        with torch.no_grad():
            f = (trained.embedding.scale * geometry.profile(t)).double().numpy()
        arguments = t.double().numpy()
        curves = fitted_curves(arguments, f, unit)
        drawn = learned_curve(arguments, f, lengths, pairs.given, curves)
        run.write_figure("learned-curve", drawn)
        name = min(curves, key=lambda each: curves[each][1])
        notes.append(f"The curve f is closest to {name} (relative misfit {curves[name][1]:.2g}).")
    run.write_figure("embedding", map_of_points(points, metric.edges, metric.names))
    return notes


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
    axes.scatter(lengths[::every], given[::every], s=4, alpha=0.3, color=GREY, label="pairs")
    for name, (values, misfit) in curves.items():
        axes.plot(t, values, linestyle=STYLES[name], linewidth=1, color="#5b6577")
        axes.plot([], [], linestyle=STYLES[name], color="#5b6577", label=f"{name} ({misfit:.0%})")
    axes.plot(t, f, color="#c2410c", linewidth=2, label="learned f")
    axes.set_ylim(0, 1.1 * max(float(f.max()), float(given.max())))
    axes.set_xlabel("Euclidean distance of the points")
    axes.set_ylabel("distance")
    axes.legend(frameon=False, fontsize=8)
    return figure
