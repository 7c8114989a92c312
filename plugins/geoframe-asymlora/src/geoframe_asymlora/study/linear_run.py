"""The linear-regression experiment as a run."""

from __future__ import annotations

import statistics
from typing import Any

from matplotlib.figure import Figure

from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe_asymlora.config import AsymLoRAConfig
from geoframe_asymlora.study.linear import LinearProblem

SHOWN = {"b_only": "train B", "a_only": "train A", "b_only_pca": "train B, A = PCA", "both": "both"}


def run_linear(config: AsymLoRAConfig, run: Run) -> Result:
    """Solve every draw exactly and compare what training B, A or both removes of the loss."""
    problem: LinearProblem = config.data.dataset.build().load()
    draws = list(problem.solve(config.seed))
    metrics: dict[str, Any] = {}
    for name in draws[0]:
        values = [draw[name] for draw in draws]
        metrics[name] = statistics.fmean(values)
        if len(values) > 1 and name in SHOWN:
            metrics[f"{name}_sd"] = statistics.stdev(values)
    metrics["b_at_least_a"] = statistics.fmean(
        float(draw["b_only"] >= draw["a_only"]) for draw in draws
    )
    run.record(data={"problem": repr(problem)})
    run.write_figure("shares", shares_figure(draws, problem))
    return Result(
        metrics=metrics,
        tables={"draws": draws},
        notes=["Shares of the removable loss tr ΔΣΔᵀ, exact for each draw."],
    )


def shares_figure(draws: list[dict[str, float]], problem: LinearProblem) -> Figure:
    """Draw the shares of all draws, and the expectations for wide layers."""
    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.add_subplot()
    for row, name in enumerate(SHOWN):
        values = [draw[name] for draw in draws]
        axes.plot(values, [row] * len(values), "|", color="#4878a8", alpha=0.5)
        expected = [draw[f"{name}_expected"] for draw in draws if f"{name}_expected" in draw]
        if expected:
            axes.plot(statistics.fmean(expected), row, "x", color="#b33a3a")
    axes.set_yticks(range(len(SHOWN)), list(SHOWN.values()))
    axes.invert_yaxis()
    axes.set_xlim(0, 1.02)
    axes.set_xlabel(
        f"share of the loss removed; d = {problem.dim}, r = {problem.rank}, variances "
        f"{problem.spectrum}, change {problem.change}; x: expectation",
        fontsize=8,
    )
    axes.grid(axis="x", alpha=0.3)
    return figure
