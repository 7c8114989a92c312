"""Starting runs while others look at them all the time."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import attrs

from attack.execution import attempt
from attack.methods import Surface

WATCHERS = 2
PAUSE = 0.02
"""Seconds between two looks of one watcher, so that those who start get a turn too."""
NEW = 25
"""One start in so many is of a new run; the others take up a finished one, and find it so."""


@attrs.frozen
class Starts:
    """What came of starting runs."""

    number: int
    looks: int
    """Tables that ``geoframe runs`` printed meanwhile."""
    refused: tuple[str, ...]
    """What was said by those that did not start."""


def try_starts(surface: Surface, number: int, folder: Path) -> Starts:
    """Start runs of a method, and have ``geoframe runs`` look at all of them all the time."""
    begun = attempt(_command(surface, folder / "run"), folder)
    if begun.code != 0:
        return Starts(number, 0, (begun.text,))
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    watchers = [_watch(folder, writing) for _ in range(WATCHERS)]
    os.close(writing)
    refused, looks = [], 0
    try:
        for at in range(number):
            run = folder / (f"run-{at}" if at % NEW == NEW - 1 else "run")
            outcome = attempt(_command(surface, run), folder)
            with suppress(BlockingIOError):  # nobody has looked meanwhile
                looks += len(os.read(reading, 2**16))
            if outcome.code != 0:
                refused.append(outcome.text[-300:])
    finally:
        for watcher in watchers:
            os.kill(watcher, signal.SIGKILL)
            os.waitpid(watcher, 0)
        os.close(reading)
    return Starts(number, looks, tuple(refused))


def _command(surface: Surface, run: Path) -> list[str]:
    return [*surface.run(run), "--quiet", "--resume"]


def _watch(folder: Path, writing: int) -> int:
    child = os.fork()
    if child == 0:
        try:
            import geoframe_cli.app

            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            while True:
                geoframe_cli.app.main.main(["runs", str(folder)], standalone_mode=False)
                os.write(writing, b".")
                time.sleep(PAUSE)
        finally:
            os._exit(1)
    return child
