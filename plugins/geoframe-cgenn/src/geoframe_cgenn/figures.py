"""Pictures of the learned metric and of predictions."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from geoframe_cgenn.metric.symmetry import MetricReport


def metric_matrix(report: MetricReport) -> Figure:
    """Entries of the learned form, with half of their confidence intervals."""
    n = len(report.mean)
    figure = Figure(figsize=(1.1 * n + 1.2, 1.1 * n + 0.6), layout="constrained")
    axes = figure.add_subplot()
    largest = float(report.mean.abs().max())
    image = axes.imshow(report.mean.numpy(), cmap="RdBu", vmin=-largest, vmax=largest)
    for i in range(n):
        for j in range(n):
            mean, half = float(report.mean[i, j]), float(report.half_width[i, j])
            text = f"{mean:.3f}" if half != half else f"{mean:.3f}\n±{half:.3f}"
            color = "white" if abs(mean) > 0.6 * largest else "black"
            axes.text(j, i, text, ha="center", va="center", fontsize=9, color=color)
    axes.set_xticks(range(n))
    axes.set_yticks(range(n))
    axes.set_title("learned metric")
    figure.colorbar(image, ax=axes, shrink=0.8)
    return figure


def predicted_against_given(answers: pd.DataFrame) -> Figure:
    """Scatter predictions over targets, all components of a vector together."""
    half = answers.shape[1] // 2
    given = answers.iloc[:, :half].to_numpy().reshape(-1)
    predicted = answers.iloc[:, half:].to_numpy().reshape(-1)
    figure = Figure(figsize=(4.5, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.scatter(given, predicted, s=4, alpha=0.4, color="#3b6fb6", rasterized=len(given) > 2000)
    low, high = min(given.min(), predicted.min()), max(given.max(), predicted.max())
    axes.plot([low, high], [low, high], color="#888888", linewidth=1)
    axes.set_xlabel("given")
    axes.set_ylabel("predicted")
    return figure
