"""``geoframe check``: the conformance kit on what is installed, or on a built wheel."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geoframe.terminal import say
from geoframe_cli import completion

if TYPE_CHECKING:
    from geoframe_registry.checks import Checked


@click.command(epilog="\b\nExample:\n  geoframe check geoframe-nst")
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=completion.plugin_names)
@click.option(
    "--wheel",
    type=click.Path(path_type=Path),
    help="Check this built wheel, which is not installed.",
)
@click.option("--verbose", is_flag=True, help="Show every check, not only what went wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def check(
    ctx: click.Context, names: tuple[str, ...], wheel: Path | None, verbose: bool, as_json: bool
) -> None:
    """Run the conformance checks on plugins or components, by default on all that are installed.

    A NAME is that of a distribution (geoframe-nst) or of something that it brings (sphere). The
    exit code is 0 if all is well, 1 if a check failed, or none ran, and 2 if there is no such
    name or file. 'geoframe --debug check' shows tracebacks.
    """
    if names and wheel is not None:
        raise click.UsageError("name a component or a wheel, not both")
    found = []
    for each in _checked(names, wheel):
        found.append(each)
        if not as_json:
            _show(each, verbose=verbose)
        if ctx.find_root().params["debug"]:
            _trace(each)
    reports = [each.report for each in found]
    summary = {
        "checks_run": sum(report.number_run for report in reports),
        "failed": sum(len(report.failures) for report in reports),
        "expected_failures": sum(report.number("xfailed") for report in reports),
        "skipped": sum(report.number("skipped") for report in reports),
        "ok": bool(reports) and all(report.ok for report in reports),
    }
    if as_json:
        from geoframe.terminal import print_json

        print_json({**summary, "reports": [_plain(each) for each in found]})
    else:
        say(
            "{checks_run} checks run: {failed} failed, {expected_failures} failed as expected; "
            "{skipped} did not apply".format(**summary)
        )
    if not summary["ok"]:
        sys.exit(1)


def _checked(names: tuple[str, ...], wheel: Path | None) -> Iterator[Checked]:
    from geoframe_cli.app import VERBS
    from geoframe_registry import checks

    if wheel is not None:
        with checks.unpacked(wheel, verbs=VERBS) as plugin:
            yield from checks.check(plugin)
        return
    for plugin in checks.select(names, verbs=VERBS):
        yield from checks.check(plugin)


def _show(each: Checked, *, verbose: bool) -> None:
    report = each.report
    state = "ok    " if report.ok else "FAILED"
    say(f"{state} {report.subject}: {report.number_run} checks")
    for outcome in report.outcomes:
        noteworthy = outcome.status in ("failed", "xpassed", "xfailed")
        if verbose or noteworthy:
            word = {"xfailed": "failed as expected", "xpassed": "passed unexpectedly"}
            status = word.get(outcome.status, outcome.status)
            reason = f": {outcome.reason}" if outcome.reason else ""
            say(f"       {outcome.name}: {status}{reason}")


def _trace(each: Checked) -> None:
    import traceback

    for outcome in each.report.failures:
        if outcome.error is not None:
            say("".join(traceback.format_exception(outcome.error)), err=True, nl=False)


def _plain(each: Checked) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "name": each.name,
        "plugin": each.plugin.distribution,
        "version": each.plugin.version,
        "ok": each.report.ok,
        "checks_run": each.report.number_run,
        "checks": [
            {
                "name": outcome.name,
                "status": outcome.status,
                "reason": outcome.reason,
                "seconds": round(outcome.seconds, 3),
            }
            for outcome in each.report.outcomes
        ],
    }
