"""Checks of what is installed, run in another process: what ends, hangs or fills it is a finding.

Everything is checked in one process as long as that lives; what comes after the component that
ended it is checked in a new one.
"""

from __future__ import annotations

import faulthandler
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from geoframe.testing import Outcome, Report
from geoframe_registry.checks import Plugin, Subject, check
from geoframe_registry.discovery import Entry
from geoframe_registry.isolation import Isolated, answers

TIMEOUT = 600.0
"""Seconds that the checks of one component may take."""

START = 300.0
"""Seconds that a process may take until it checks anything: it has to import torch."""

SHARE = 0.8
"""Of the memory that is available at the beginning, what the checks may take."""

STATUSES = ("passed", "failed", "skipped", "xfailed", "xpassed")
STRANGE = "writes into the answers about it"
BEFORE = "it_can_be_checked"
"""The check that fails if a process ends before any other began."""


@attrs.frozen(kw_only=True)
class Limits:
    """What one component may take."""

    seconds: float = TIMEOUT
    bytes: float = attrs.field(factory=lambda: SHARE * _available())


def _available() -> int:
    import psutil

    return int(psutil.virtual_memory().available)


def check_isolated(
    found: Sequence[Subject],
    limits: Limits,
    *,
    traces: bool = False,
    progress: Callable[[Subject, str], None] = lambda subject, name: None,
) -> Iterator[tuple[Subject, Report]]:
    """Check one thing after the other in another process, yielding each report when it is there.

    Parameters
    ----------
    found
        What to check.
    limits
        Time and memory that each may take.
    traces
        Write to stderr where the process was when it crashed or ran out of time.
    progress
        Is told of each check that begins.
    """
    at = 0
    while at < len(found):
        for report in _until_one_fails(found[at:], limits, traces, progress):
            yield found[at], report
            at += 1


def _until_one_fails(
    found: Sequence[Subject],
    limits: Limits,
    traces: bool,
    progress: Callable[[Subject, str], None],
) -> Iterator[Report]:
    """Start a process and yield its reports, to the end or up to what ends it."""
    arguments = ([_plain(subject) for subject in found], limits.seconds if traces else None)
    with Isolated(serve, arguments, memory=limits.bytes) as process:
        for subject in found:
            report, ended = _report_on(subject, process, limits, progress)
            yield report
            if ended:
                return


def _report_on(
    subject: Subject, process: Isolated, limits: Limits, progress: Callable[[Subject, str], None]
) -> tuple[Report, bool]:
    """Read how the checks of one thing went, and whether they were the last of their process."""
    outcomes: list[Outcome] = []
    running = BEFORE
    process.deadline = time.monotonic() + max(START, limits.seconds)
    while line := process.line():
        answer = _understood(line)
        if answer is None:
            return Report(str(subject), tuple(outcomes)), False
        if isinstance(answer, Outcome):
            outcomes.append(answer)
        elif answer == STRANGE:
            failed = Outcome(running, "failed", f"{subject} {STRANGE}", 0.0)
            return Report(str(subject), (*outcomes, failed)), True
        else:
            if running == BEFORE:
                process.deadline = time.monotonic() + limits.seconds
            running = answer
            progress(subject, running)
    failed = Outcome(running, "failed", f"{subject} {process.how_it_ended(limits.seconds)}", 0.0)
    return Report(str(subject), (*outcomes, failed)), True


def _understood(line: str) -> Outcome | str | None:
    """Read one line of answer: an outcome, the name of a check that begins, None at the end.

    The stranger's own code ran where it comes from, so it may be anything; then it is STRANGE.
    """
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return STRANGE
    if answer is None or isinstance(answer, str):
        return answer
    match answer:
        case [str(), str(status), str(), float(), str()] if status in STATUSES:
            name, status, reason, seconds, trace = answer
            return Outcome(name, status, reason, seconds, traceback=trace)
    return STRANGE


def _plain(subject: Subject) -> dict[str, Any]:
    """Fields of a subject as JSON has them; :func:`_subject` makes one of them again."""

    def serialize(instance: object, field: object, value: Any) -> Any:
        if isinstance(value, Path):
            return str(value)
        return sorted(value) if isinstance(value, set | frozenset | dict) else value

    return attrs.asdict(subject, value_serializer=serialize)


def serve(found: Sequence[Mapping[str, Any]], seconds: float | None) -> None:
    """Check one thing after the other and answer with each check that begins and ends.

    Parameters
    ----------
    found
        Subjects as :func:`_plain` writes them.
    seconds
        If given, crashes show their traceback on stderr, and so does what takes nearly so long.
    """
    with answers() as answer:

        def watch(told: str | Outcome) -> None:
            answer(told if isinstance(told, str) else _fields(told))

        if seconds is not None:
            faulthandler.enable()
        for subject in map(_subject, found):
            if seconds is not None:
                faulthandler.dump_traceback_later(0.9 * seconds)
            check(subject, watch)
            answer(None)


def _fields(told: Outcome) -> list[Any]:
    # A message may be as long as a stranger likes, and a line is read up to a length.
    return [told.name, told.status, told.reason[:2000], told.seconds, told.traceback[-50_000:]]


def _subject(plain: Mapping[str, Any]) -> Subject:
    plugin, entry = dict(plain["plugin"]), plain["entry"]
    entries = tuple(Entry(**each) for each in plugin.pop("entries"))
    folder = plugin.pop("folder")
    return Subject(
        Plugin(entries=entries, folder=None if folder is None else Path(folder), **plugin),
        None if entry is None else Entry(**entry),
    )
