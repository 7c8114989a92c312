"""``geoframe config``: what a config comes to, and what it may hold."""

from __future__ import annotations

from pathlib import Path

import click

from geoframe.terminal import say
from geoframe_cli import completion
from geoframe_cli.configs import options_of_a_config, read_config


@click.group(epilog="\b\nExample:\n  geoframe config show nst --config tree.toml")
def config() -> None:
    """Look at the config of a method without running it."""


@config.command(epilog="\b\nExample:\n  geoframe config show nst --config tree.toml --set seed=1")
@click.argument("method", shell_complete=completion.methods)
@options_of_a_config
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of key, value, origin.")
def show(
    method: str,
    config: str | None,
    overrides: tuple[str, ...],
    seed: int | None,
    as_json: bool,
) -> None:
    """Show every option of METHOD with its value and where that comes from.

    The origin is 'default', a line of the file, or '--set'. The output is valid TOML. Mistakes
    are told as 'geoframe run' would tell them.
    """
    from geoframe.config.origins import origins, render_origins
    from geoframe_registry.configs import configure

    table = read_config(config, overrides, seed)
    _, resolved = configure(method, table)
    if not as_json:
        say(render_origins(resolved, table), nl=False)
        return
    import attrs

    from geoframe.terminal import print_json

    print_json([attrs.asdict(each) for each in origins(resolved, table)])


@config.command(epilog="\b\nExample:\n  geoframe config schema nst -o nst.schema.json")
@click.argument("method", shell_complete=completion.methods)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The file to write; else stdout."
)
def schema(method: str, output: Path | None) -> None:
    """Write the JSON schema of METHOD's config, for editors that complete and check TOML.

    It knows the options of every component that is installed now; write it again after a plugin
    was added.
    """
    import json

    from geoframe.config.schema import config_schema
    from geoframe.errors import GeoframeError
    from geoframe_registry.configs import method_class
    from geoframe_registry.discovery import component_names, find

    spec = find("method", method)
    made = config_schema(
        method_class(spec).Config, find, component_names, title=f"geoframe run {method}"
    )
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        say(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise GeoframeError(f"{output}: cannot be written: {error.strerror}") from None
    say(f"Wrote {output}; first line of the TOML for it: #:schema {output}", err=True)
