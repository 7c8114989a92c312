"""``geoframe report``: the HTML report of a run, written again."""

from __future__ import annotations

from pathlib import Path

import click

from geoframe_cli import completion


@click.command(epilog="\b\nExample:\n  geoframe report runs/nst/20260101-120000-1a2b")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=completion.runs)
def report(run: Path) -> None:
    """Write report.html of RUN, a finished run's directory, again and print its path."""
    from geoframe_registry.runs import open_run

    opened = open_run(run)

    from geoframe.run.report_plugin import write_report

    click.echo(write_report(opened))
