"""The report of a run (HTML, and a card in Markdown), written as any tracker would do it."""

from __future__ import annotations

import inspect
import json
import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from geoframe.hooks import hookimpl
from geoframe.run.redaction import redacted_arguments
from geoframe.text import markdown, printable

if TYPE_CHECKING:
    from jinja2 import Environment
    from matplotlib.figure import Figure

    from geoframe.method import Result
    from geoframe.run.directory import Run

# What is heavy is imported where it is used: 'geoframe plugins' imports every hook plugin.

geoframe_api = 1


@hookimpl
def geoframe_run_finished(run: Run, result: Result) -> None:
    """Write ``report.html`` and ``README.md`` beside the results."""
    write_report(run)
    write_card(run)


def write_report(run: Run) -> Path:
    """Build ``report.html`` from what a finished run kept: one file, nothing fetched from outside.

    Raises
    ------
    RunError
        If the run is not finished.
    """
    from geoframe.run.figures import data_uri
    from geoframe.run.files import read_text, write_bytes

    run.require_finished()
    curves = _curves(list(run.metrics()))
    if curves is not None:
        run.write_figure("training", curves)
    figures, results = run.read_figures(), run.results
    manifest = run.manifest
    html = (
        html_templates()
        .get_template("report.html.j2")
        .render(
            run=run,
            results=results,
            manifest={**manifest, "command": _words(manifest.get("command"))},
            points=run.read_points(),
            config=read_text(run.path / "config.toml"),
            figures={
                name: data_uri(figures[name])
                for name in sorted(figures, key=lambda each: each != results.get("picture"))
            },
        )
    )
    path = run.path / "report.html"
    write_bytes(path, html.encode(errors="backslashreplace"))
    return path


def show(value: Any) -> str:
    """Write a value for people: four significant digits, a dash for what was not measured."""
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def html_templates() -> Environment:
    """Return the templates of HTML pages; numbers are shown by the filter ``show``."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("geoframe.run", ""),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["show"] = show
    return environment


def write_card(run: Run) -> Path:
    """Build ``README.md``: what the run is, how it was made, what came out, and how to use it.

    Raises
    ------
    RunError
        If the run is not finished.
    """
    from jinja2 import Environment, PackageLoader

    from geoframe.run.files import write_bytes

    run.require_finished()
    environment = Environment(  # Markdown, not HTML
        loader=PackageLoader("geoframe.run", ""),
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        show=show, md=_markdown, python=json.dumps, url=quote, command=_command
    )
    text = environment.get_template("card.md.j2").render(
        run=run,
        summary=(inspect.getdoc(type(run.method)) or "").partition("\n")[0],
        results=run.results,
        manifest=run.manifest,
        figures=sorted(each.name for each in run.path.glob("figures/*.svg")),
    )
    path = run.path / "README.md"
    write_bytes(path, text.encode(errors="backslashreplace"))
    return path


def _words(command: Any) -> list[str]:
    """Return the command line in a manifest, which may have been kept with its passwords."""
    return redacted_arguments(map(str, command)) if isinstance(command, list) else []


def _command(command: Any) -> str:
    """Write a command line as it was typed, whatever folder the script lies in; on one line."""
    script, *rest = _words(command) or ["geoframe"]
    typed = shlex.join([Path(script).name.replace("__main__.py", "geoframe"), *rest])
    return printable(typed).replace("\n", "\\n")


def _markdown(value: Any) -> str:
    """Write a value as one line of Markdown that shows it."""
    return markdown(show(value))


def _curves(lines: list[dict[str, Any]]) -> Figure | None:
    """Plot every logged value over the steps; None if nothing was logged."""
    from matplotlib.figure import Figure

    from geoframe.run.figures import label

    names = sorted({name for line in lines for name in line if name != "step"})
    if not names:
        return None
    columns = min(3, len(names))
    rows = math.ceil(len(names) / columns)
    figure = Figure(figsize=(4.2 * columns, 2.8 * rows), layout="constrained")
    for index, name in enumerate(names):
        points = [(line["step"], line[name]) for line in lines if line.get(name) is not None]
        axes = figure.add_subplot(rows, columns, index + 1)
        steps, values = [step for step, _ in points], [value for _, value in points]
        # A line of a single point is not seen.
        axes.plot(steps, values, linewidth=1, marker="o" if len(points) == 1 else None)
        if points and all(value > 0 for _, value in points):
            axes.set_yscale("log")
        axes.set_title(label(name), fontsize=10)
        axes.set_xlabel("step", fontsize=8)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.3)
    return figure
