"""``geoframe apply``: a finished run applied to new data."""

from __future__ import annotations

from pathlib import Path

import click

from geoframe.terminal import complete_runs, on_terminal, say


@click.command(epilog="\b\nExample:\n  geoframe apply runs/nst/mine --data nodes.csv -o points.csv")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=complete_runs)
@click.option(
    "--data", required=True, type=click.Path(path_type=Path), help="The data, as for training."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write: .csv, .parquet or .npz; else CSV to stdout.",
)
def apply(run: Path, data: Path, output: Path | None) -> None:
    """Apply what RUN trained to new data: coordinates, predictions or scores, a row an item."""
    from geoframe.run.tables import check_table_suffix, write_frame

    if output is not None:
        check_table_suffix(output)
    from geoframe.importing import contained
    from geoframe_registry.runs import open_run

    opened = open_run(run)
    opened.require_finished()
    with contained(f"method '{opened.method_name}'"):
        frame = opened.method.apply(opened, data)
    if output is None:
        if on_terminal():
            say(frame.to_csv(), nl=False)
        else:  # names as they are; click would leave out what looks like a colour
            click.echo(frame.to_csv(), nl=False, color=True)
        return
    write_frame(output, frame)
    say(f"Wrote {len(frame)} rows to {output}", err=True)
