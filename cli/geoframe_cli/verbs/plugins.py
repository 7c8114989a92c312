"""``geoframe plugins``: the state of every installed plugin."""

from __future__ import annotations

import sys

import click

from geoframe.terminal import say


@click.command(epilog="\b\nExample:\n  geoframe plugins --check")
@click.option(
    "--check",
    is_flag=True,
    help="Import the implementations too, compare them with their interfaces, and exit with 1 if "
    "anything is wrong.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def plugins(ctx: click.Context, check: bool, as_json: bool) -> None:
    """Show each installed plugin, what it brings and what is wrong with it.

    A broken plugin never disturbs the others. 'geoframe --debug plugins' shows tracebacks.
    """
    from geoframe.terminal import print_json, print_table
    from geoframe_cli.app import VERBS
    from geoframe_registry.plugins import plugin_reports

    reports = plugin_reports(check, verbs=VERBS)
    if as_json:
        print_json(
            [
                {
                    "plugin": report.distribution,
                    "version": report.version,
                    "components": report.components,
                    "state": report.state,
                    "reason": report.reason,
                    "problems": [
                        {"state": each.state, "reason": each.reason} for each in report.problems
                    ],
                }
                for report in reports
            ]
        )
    else:
        print_table(
            "",
            ["plugin", "version", "state", "brings"],
            [
                (report.distribution, report.version, report.state, ", ".join(report.components))
                for report in reports
            ],
        )
        for report in reports:
            for problem in report.problems:
                say(f"{report.distribution}: {problem.state}: {problem.reason}")
    if ctx.find_root().params["debug"]:
        for report in reports:
            for problem in report.problems:
                say(problem.traceback, err=True, nl=False)
    if check and any(report.problems for report in reports):
        sys.exit(1)
