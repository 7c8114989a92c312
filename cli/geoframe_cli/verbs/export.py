"""``geoframe export``: a finished run's weights and config, for use elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from geoframe.terminal import complete_runs, say


@click.command(epilog="\b\nExample:\n  geoframe export runs/nst/20260101-120000-1a2b -o exported")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=complete_runs)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="The folder to write; it must be new or empty.",
)
def export(run: Path, output: Path) -> None:
    """Write the weights and config of RUN into a folder and print the files' paths."""
    from geoframe.errors import GeoframeError
    from geoframe.importing import contained
    from geoframe_registry.runs import open_run

    opened = open_run(run)
    opened.require_finished()
    try:
        output.mkdir(parents=True, exist_ok=True)
        if any(output.iterdir()):
            raise GeoframeError(f"{output}: is not empty; name a new folder")
    except OSError as error:
        raise GeoframeError(f"{output}: cannot be written: {error.strerror}") from None
    with contained(f"method '{opened.method_name}'"):
        written = list(opened.method.export(opened, output))
    for name in ("config.toml", "manifest.json"):
        written.append(Path(shutil.copy(opened.path / name, output / name)))
    for path in written:
        say(path)
