"""``geoframe init``: the commented config of a method."""

from __future__ import annotations

from pathlib import Path

import click

from geoframe.terminal import say
from geoframe_cli import completion


@click.command(epilog="\b\nExample:\n  geoframe init nst -o tree.toml")
@click.argument("method", shell_complete=completion.methods)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The file to write; else stdout."
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def init(method: str, output: Path | None, force: bool) -> None:
    """Write a TOML config of METHOD with every option, its meaning, range and default.

    It is valid as it stands; options without a default stand commented out.
    """
    from geoframe.config import render_template
    from geoframe.errors import GeoframeError
    from geoframe_registry.configs import method_class
    from geoframe_registry.discovery import component_names, find

    spec = find("method", method)
    cls = method_class(spec)
    title = f"{spec.name}: {spec.summary}"
    if cls.citation:
        title += f" Source: {cls.citation.rstrip('.')}."
    text = render_template(cls.Config, find, component_names, title=title)
    if output is None:
        say(text, nl=False)
        return
    if output.is_dir():
        raise GeoframeError(
            f"{output}: is a folder; name a file: -o {output / f'{spec.name}.toml'}"
        )
    try:
        with output.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise GeoframeError(f"{output}: exists already; --force replaces it") from None
    except OSError as error:
        raise GeoframeError(f"{output}: cannot be written: {error.strerror}") from None
    say(f"Wrote {output}; now: geoframe run {method} --config {output}", err=True)
