"""``geoframe install``: pip, in the environment of this very command."""

from __future__ import annotations

import sys

import click

from geoframe_cli.pip import PIP_OPTIONS, PipCommand


@click.command(
    cls=PipCommand,
    epilog="\b\nExample:\n  geoframe install nst",
    options_metavar="[OPTIONS]",
)
@click.argument("names", metavar="NAME... [-- PIP-OPTION...]", nargs=-1, required=True)
@click.option("-e", "--editable", is_flag=True, help="The names are folders to work on.")
@click.option("-U", "--upgrade", is_flag=True, help="Take the newest versions.")
@click.option("-y", "--yes", is_flag=True, help="Install what geoframe does not know unasked.")
@click.pass_context
def install(
    ctx: click.Context, names: tuple[str, ...], editable: bool, upgrade: bool, yes: bool
) -> None:
    """Install plugins with pip, into the environment that this command runs in.

    A NAME is a method or another component that geoframe knows (nst), a distribution, a wheel, or a
    folder (./mine). A distribution that geoframe does not know is asked about first: anybody may
    have put it on PyPI. What stands after '--' goes to pip. The exit code is 1 if pip fails.
    """
    from geoframe_cli.pip import call_pip, is_known, refuse_foreign, requirement

    options = ctx.meta[PIP_OPTIONS]
    refuse_foreign(options)
    wanted = [requirement(name) for name in names]
    strange = [name for name in wanted if not is_known(name) and not editable]
    if strange and not yes:
        _ask(strange)
    flags = ["--upgrade"] if upgrade else []
    for each in wanted:
        flags += ["--editable", each] if editable else [each]
    call_pip("install", *options, *flags)


def _ask(names: list[str]) -> None:
    """Let the user confirm names that geoframe does not know; without a terminal, refuse them."""
    from geoframe.errors import PluginError
    from geoframe.text import one_line

    listed = ", ".join(one_line(name) for name in names)
    if not sys.stdin.isatty():
        raise PluginError(f"geoframe does not know {listed}; check the name, then add --yes")
    click.confirm(f"geoframe does not know {listed}; install from PyPI?", abort=True, err=True)
