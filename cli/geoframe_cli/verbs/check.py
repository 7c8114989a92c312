"""``geoframe check``: the conformance kit on what is installed, or on a built wheel."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geoframe.terminal import say
from geoframe_cli import completion

if TYPE_CHECKING:
    from geoframe.testing import Report
    from geoframe_registry.checks import Subject


@click.command(epilog="\b\nExample:\n  geoframe check geoframe-nst")
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=completion.plugin_names)
@click.option(
    "--wheel",
    type=click.Path(path_type=Path),
    help="Check this built wheel, which is not installed.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds that the checks of one component may take.  [default: 600]",
)
@click.option(
    "--memory",
    type=click.FloatRange(min=0, min_open=True),
    help="GiB that a component may take.  [default: 80 % of what is available]",
)
@click.option("--verbose", is_flag=True, help="Show every check, not only what went wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def check(
    ctx: click.Context,
    names: tuple[str, ...],
    wheel: Path | None,
    timeout: float | None,
    memory: float | None,
    verbose: bool,
    as_json: bool,
) -> None:
    """Run the conformance checks on plugins or components, by default on all that are installed.

    A NAME is that of a distribution (geoframe-nst) or of something that it brings (sphere). The
    checks run in another process: a component that ends it, hangs or takes too much memory has
    failed, and the others are checked all the same.

    The exit code is 0 if all is well, 1 if a check failed, or none ran, and 2 if there is no such
    name or file. 'geoframe --debug check' shows tracebacks.
    """
    if names and wheel is not None:
        raise click.UsageError("name a component or a wheel, not both")
    debug = ctx.find_root().params["debug"]
    given = {"seconds": timeout, "bytes": None if memory is None else memory * 2**30}
    limits = {name: value for name, value in given.items() if value is not None}
    found = []
    for subject, report in _checked(names, wheel, limits, debug):
        found.append((subject, report))
        _tell("")
        if not as_json:
            _show(report, verbose=verbose)
        if debug:
            for outcome in report.failures:
                say(outcome.traceback, err=True, nl=False)
    reports = [report for _, report in found]
    summary = {
        "checks_run": sum(report.number_run for report in reports),
        "failed": sum(len(report.failures) for report in reports),
        "expected_failures": sum(report.number("xfailed") for report in reports),
        "skipped": sum(report.number("skipped") for report in reports),
        "ok": bool(reports) and all(report.ok for report in reports),
    }
    if as_json:
        from geoframe.terminal import print_json

        print_json({**summary, "reports": [_plain(*each) for each in found]})
    else:
        say(
            "{checks_run} checks run: {failed} failed, {expected_failures} failed as expected; "
            "{skipped} did not apply".format(**summary)
        )
    if not summary["ok"]:
        sys.exit(1)


def _checked(
    names: tuple[str, ...], wheel: Path | None, limits: Mapping[str, float], debug: bool
) -> Iterator[tuple[Subject, Report]]:
    from geoframe_cli.app import VERBS
    from geoframe_registry import checks
    from geoframe_registry.isolated_checks import Limits, check_isolated

    with ExitStack() as stack:
        if wheel is not None:
            plugins = [stack.enter_context(checks.unpacked(wheel, verbs=VERBS))]
        else:
            plugins = checks.select(names, verbs=VERBS)
        subjects = [subject for plugin in plugins for subject in checks.subjects(plugin)]

        def progress(subject: Subject, name: str) -> None:
            _tell(f"{subjects.index(subject) + 1}/{len(subjects)} {subject}: {name}")

        yield from check_isolated(subjects, Limits(**limits), traces=debug, progress=progress)


def _tell(text: str) -> None:
    """Show what is being checked in the last line of a terminal, in place of what stands there."""
    if sys.stderr is not None and sys.stderr.isatty():
        from geoframe.text import one_line

        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\x1b[2K{one_line(text)[:width]}")
        sys.stderr.flush()


def _show(report: Report, *, verbose: bool) -> None:
    state = "ok    " if report.ok else "FAILED"
    say(f"{state} {report.subject}: {report.number_run} checks")
    for outcome in report.outcomes:
        noteworthy = outcome.status in ("failed", "xpassed", "xfailed")
        if verbose or noteworthy:
            word = {"xfailed": "failed as expected", "xpassed": "passed unexpectedly"}
            status = word.get(outcome.status, outcome.status)
            reason = f": {outcome.reason}" if outcome.reason else ""
            say(f"       {outcome.name}: {status}{reason}")


def _plain(subject: Subject, report: Report) -> dict[str, Any]:
    return {
        "kind": subject.kind,
        "name": subject.name,
        "plugin": subject.plugin.distribution,
        "version": subject.plugin.version,
        "ok": report.ok,
        "checks_run": report.number_run,
        "checks": [
            {
                "name": outcome.name,
                "status": outcome.status,
                "reason": outcome.reason,
                "seconds": round(outcome.seconds, 3),
            }
            for outcome in report.outcomes
        ],
    }
