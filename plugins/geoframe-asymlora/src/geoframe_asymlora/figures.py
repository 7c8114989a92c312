"""Pictures of a comparison."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from geoframe_asymlora.study.comparison import Compared


def comparison_figure(found: Sequence[Compared], metric: str, part: str) -> Figure:
    """Draw every seed of every mode, and their means."""
    figure = Figure(figsize=(6.4, 0.5 * len(found) + 1.4), layout="constrained")
    axes = figure.add_subplot()
    for row, each in enumerate(found):
        values = each.values(metric)
        axes.plot(values, [row] * len(values), "o", color="#4878a8", alpha=0.6)
        axes.plot([sum(values) / len(values)], [row], "|", color="#222222", markersize=18)
    labels = [f"{each.mode} ({each.trials[0].trained:,})" for each in found]
    axes.set_yticks(range(len(found)), labels)
    axes.invert_yaxis()
    axes.set_xlabel(f"{metric} ({part}); dots: seeds, bar: mean; trained parameters in brackets")
    axes.grid(axis="x", alpha=0.3)
    return figure


def learning_rates_figure(found: Sequence[Compared], metric: str) -> Figure:
    """Draw the search of each mode's learning rate."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for each in found:
        ended = [trial for trial in each.tries if trial.validation]
        axes.plot(
            [trial.rate for trial in ended],
            [trial.validation[metric] for trial in ended],
            "o-",
            label=each.mode,
        )
    axes.set_xscale("log")
    axes.set_xlabel("learning rate")
    axes.set_ylabel(f"{metric} (validation)")
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    return figure
