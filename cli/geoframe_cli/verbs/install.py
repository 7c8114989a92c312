"""``geoframe install``: pip, in the environment of this very command."""

from __future__ import annotations

import click


@click.command(epilog="\b\nExample:\n  geoframe install nst")
@click.argument("names", metavar="NAME... [-- PIP-OPTION...]", nargs=-1, required=True)
@click.option("-e", "--editable", is_flag=True, help="The names are folders to work on.")
@click.option("-U", "--upgrade", is_flag=True, help="Take the newest versions.")
def install(names: tuple[str, ...], editable: bool, upgrade: bool) -> None:
    """Install plugins with pip, into the environment that this command runs in.

    A NAME is a method or another component that geoframe knows (nst), a distribution, a wheel, or a
    folder (./mine). What stands after '--' goes to pip. The exit code is 1 if pip fails.
    """
    from geoframe_cli.pip import call_pip, requirement, split

    asked, options = split(names)
    wanted = [requirement(name) for name in asked]
    flags = ["--upgrade"] if upgrade else []
    for each in wanted:
        flags += ["--editable", each] if editable else [each]
    call_pip("install", *options, *flags)
