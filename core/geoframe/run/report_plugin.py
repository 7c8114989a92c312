"""The HTML report of a run, written through the same hooks that any tracker uses."""

from __future__ import annotations

import base64
import math
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoframe.hooks import hookimpl

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from geoframe.method import Result
    from geoframe.run.directory import Run

# What is heavy is imported where it is used: 'geoframe plugins' imports every hook plugin.

geoframe_api = 1


@hookimpl
def geoframe_run_finished(run: Run, result: Result) -> None:
    """Write ``report.html`` beside the results."""
    write_report(run)


def write_report(run: Run) -> Path:
    """Build ``report.html`` from what a finished run kept: one file, nothing fetched from outside.

    Raises
    ------
    RunError
        If the run is not finished.
    """
    import jinja2

    from geoframe.run.files import write_bytes

    run.require_finished()
    curves = _curves(list(run.metrics()))
    if curves is not None:
        run.write_figure("training", curves)
    source = resources.files("geoframe.run").joinpath("report.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["show"] = show
    html = environment.from_string(source).render(
        run=run,
        results=run.results,
        manifest=run.manifest,
        config=(run.path / "config.toml").read_text(encoding="utf-8"),
        figures={path.stem: _data_uri(path) for path in sorted(run.path.glob("figures/*.svg"))},
    )
    path = run.path / "report.html"
    write_bytes(path, html.encode())
    return path


def show(value: Any) -> str:
    """Write a value for people: four significant digits, a dash for what was not measured."""
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _data_uri(path: Path) -> str:
    # An image, not inline SVG: figures can then neither run scripts nor share identifiers.
    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode()


def _curves(lines: list[dict[str, Any]]) -> Figure | None:
    """Plot every logged value over the steps; None if nothing was logged."""
    from matplotlib.figure import Figure

    names = sorted({name for line in lines for name in line if name != "step"})
    if not names:
        return None
    columns = min(3, len(names))
    rows = math.ceil(len(names) / columns)
    figure = Figure(figsize=(4.2 * columns, 2.8 * rows), layout="constrained")
    for index, name in enumerate(names):
        points = [(line["step"], line[name]) for line in lines if line.get(name) is not None]
        axes = figure.add_subplot(rows, columns, index + 1)
        axes.plot([step for step, _ in points], [value for _, value in points], linewidth=1)
        if points and all(value > 0 for _, value in points):
            axes.set_yscale("log")
        axes.set_title(name, fontsize=10)
        axes.set_xlabel("step", fontsize=8)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.3)
    return figure
