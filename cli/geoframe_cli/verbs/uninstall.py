"""``geoframe uninstall``: pip, in the environment of this very command."""

from __future__ import annotations

import click

from geoframe_cli import completion


@click.command(epilog="\b\nExample:\n  geoframe uninstall geoframe-nst")
@click.argument(
    "names", metavar="NAME...", nargs=-1, required=True, shell_complete=completion.plugin_names
)
def uninstall(names: tuple[str, ...]) -> None:
    """Uninstall plugins with pip from the environment that this command runs in.

    A NAME is that of a distribution, or of something that it brings. Runs that were made with it
    stay, and can be opened when it is installed again.
    """
    from geoframe.errors import PluginError
    from geoframe_cli.pip import call_pip
    from geoframe_registry.checks import select

    owners = sorted({plugin.distribution for plugin in select(names)})
    if "geoframe-core" in owners:
        raise PluginError("geoframe-core is geoframe itself; use pip to uninstall it")
    call_pip("uninstall", "--yes", *owners)
