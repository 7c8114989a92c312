"""``geoframe new``: the start of something of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from geoframe.terminal import say
from geoframe_cli import completion


@click.group(epilog="\b\nExample:\n  geoframe new plugin taxicab --kind geometry")
def new() -> None:
    """Write the files of something new, complete and tested, to be changed."""


@new.command(epilog="\b\nExample:\n  geoframe new plugin taxicab --kind geometry")
@click.argument("name")
@click.option(
    "--kind",
    default="geometry",
    show_default=True,
    shell_complete=completion.kinds,
    help="geometry, embedder, trainer, sampler, adapter or method.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The folder to write; it must be new or empty. Default: geoframe-NAME.",
)
def plugin(name: str, kind: str, output: Path | None) -> None:
    """Write a plugin: a distribution with one component, its options, tests, README and CI.

    It can be installed and passes its own tests as it is. NAME becomes the name of the component,
    geoframe-NAME that of the distribution.
    """
    import shlex
    from importlib.metadata import version

    from geoframe.errors import GeoframeError, did_you_mean
    from geoframe_cli.scaffold import TEMPLATES, check_free, component_name, plugin_files

    if kind not in TEMPLATES:
        hint = did_you_mean(kind, TEMPLATES)
        raise GeoframeError(f"no template for '{kind}'{hint}; known: {', '.join(TEMPLATES)}")
    name = component_name(name)
    check_free(name, kind)
    rendered = plugin_files(name, kind, core_version=version("geoframe-core"))
    folder = output or Path(f"geoframe-{name}")
    try:
        if folder.exists() and any(folder.iterdir()):
            raise GeoframeError(f"{folder}: is not empty; name a new folder with -o")
        for path, text in rendered.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise GeoframeError(f"{folder}: cannot be written: {error.strerror}") from None
    for path in rendered:
        say(folder / path)
    where = folder if folder.is_absolute() else f"./{folder}"
    install = shlex.quote(f"{where}[test]")
    say(f"Now: pip install -e {install} && pytest {shlex.quote(str(folder))}", err=True)
