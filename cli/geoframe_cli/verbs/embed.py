"""``geoframe embed``: a finished run applied to new data."""

from __future__ import annotations

from pathlib import Path

import click

from geoframe.terminal import complete_runs, say


@click.command(
    epilog="\b\nExample:\n  geoframe embed runs/nst/mine --data nodes.csv -o points.parquet"
)
@click.argument("run", type=click.Path(path_type=Path), shell_complete=complete_runs)
@click.option(
    "--data", required=True, type=click.Path(path_type=Path), help="The data, as for training."
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="The file to write: .npz, .csv or .parquet.",
)
def embed(run: Path, data: Path, output: Path) -> None:
    """Apply the trained objects of RUN to new data (old name of apply).

    In a table, an array with several columns becomes name_0, name_1, ...
    """
    click.echo("Note: 'geoframe embed' is now 'geoframe apply'; it goes with 0.3", err=True)
    from geoframe.run.tables import check_table_suffix, write_arrays

    check_table_suffix(output)
    from geoframe.importing import contained
    from geoframe_registry.runs import open_run

    opened = open_run(run)
    opened.require_finished()
    with contained(f"method '{opened.method_name}'"):
        arrays = opened.method.embed(opened, data)
    write_arrays(output, arrays)
    say(f"Wrote {', '.join(arrays)} to {output}", err=True)
