"""The group of all verbs: found by name, imported when invoked, errors told in one place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

import click

from geoframe_cli.failures import explained_failures

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

VERBS = {
    "try": "Look at data, say which methods fit, and preview the first.",
    "run": "Run a method and keep everything in a run directory.",
    "init": "Write a commented config with every option of a method.",
    "config": "Show a config resolved, or the schema of all configs of a method.",
    "list": "List installed components: methods, geometries, ...",
    "info": "Show what a component is, its options and its source.",
    "apply": "Apply a finished run to new data.",
    "embed": "Old name of apply; goes with 0.3.",
    "sample": "Draw new items from a finished run, to disk.",
    "runs": "List the runs of a folder: state, seed, metrics.",
    "report": "Write the report of a run again, or compare several.",
    "export": "Write a finished run's weights and config for use elsewhere.",
    "sweep": "Run a method with many configs and find the best.",
    "reproduce": "Measure a method's published tables again.",
    "new": "Write the files of a new plugin.",
    "check": "Hold plugins to their interfaces and promises.",
    "install": "Install plugins with pip.",
    "uninstall": "Uninstall plugins with pip.",
    "plugins": "Show the state of every installed plugin.",
    "doctor": "Check the installation.",
}
"""Verb -> short help, so that ``--help`` imports none of them."""


def plugin_verbs() -> dict[str, str]:
    """Verbs that plugins add and what these say they are; a built-in one cannot be replaced."""
    from geoframe_registry.names import summaries

    found = summaries("geoframe.commands")
    return {name: said for name, said in found.items() if name not in VERBS}


class Verbs(click.Group):
    """A click group that imports a verb only when it is invoked."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the built-in verbs in the order of their table, then those of plugins."""
        return [*VERBS, *plugin_verbs()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb."""
        if cmd_name in VERBS:
            name = "try_out" if cmd_name == "try" else cmd_name  # a word of Python
            command: click.Command = getattr(import_module(f"geoframe_cli.verbs.{name}"), name)
            return command
        if cmd_name in plugin_verbs():
            from geoframe_registry.commands import load_command

            return load_command(cmd_name)
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Look the verb up, with a suggestion if there is none."""
        name = args[0]
        if name in VERBS or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        known = self.list_commands(ctx)  # which reads what is installed
        if name not in known:
            from difflib import get_close_matches

            close = get_close_matches(name, known, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known)}"
            raise click.UsageError(f"no verb '{name}'; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs' short helps from the table."""
        with formatter.section("Verbs"):
            formatter.write_dl([*VERBS.items()])
        if verbs := plugin_verbs():
            with formatter.section("More verbs of installed plugins"):
                formatter.write_dl([*verbs.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete verbs without importing any."""
        from click.shell_completion import CompletionItem

        options = click.Command.shell_complete(self, ctx, incomplete)
        verbs = {**plugin_verbs(), **VERBS}
        return options + [
            CompletionItem(name, help=verbs[name])
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ]

    def invoke(self, ctx: click.Context) -> object:
        """Run the verb; a failure becomes a message and an exit code."""
        with _debugging(ctx.params["debug"]), explained_failures(debug=ctx.params["debug"]):
            return super().invoke(ctx)


@contextmanager
def _debugging(debug: bool) -> Iterator[None]:
    """Let the registry know too that tracebacks are wanted."""
    before = os.environ.get("GEOFRAME_DEBUG", "0")
    os.environ["GEOFRAME_DEBUG"] = "1" if debug else "0"
    try:
        yield
    finally:
        os.environ["GEOFRAME_DEBUG"] = before


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"geoframe {version('geoframe-core')}")
        ctx.exit()


@click.group(
    cls=Verbs,
    subcommand_metavar="VERB [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExamples:\n  geoframe try FILE\n"
    "  geoframe init nst -o tree.toml && geoframe run nst --config tree.toml",
)
@click.option("--debug", is_flag=True, envvar="GEOFRAME_DEBUG", help="Show tracebacks of errors.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def main(debug: bool) -> None:
    """Run methods that learn or exploit geometry, from a config to a reproducible result."""
