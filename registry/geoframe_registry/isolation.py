"""Strangers' code in a process of its own, which it may end, hang or fill without harm."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

MAX_LINE = 2**20
"""Characters that are read of one line of an answer."""

GLANCE = 0.2
"""Seconds between two looks at the time and memory that the process takes."""

GRACE = 5.0
"""Seconds that the process may take to end after its last word."""

START = (
    "import json, sys; given = json.load(sys.stdin); sys.path[:] = given['path']; "
    "from importlib import import_module; "
    "getattr(import_module(given['module']), given['function'])(*given['arguments'])"
)
"""What the other process runs: with the path of this one it finds the same plugins."""


class Isolated:
    """A process that runs a function of ours on strangers' code and answers in lines of JSON.

    Parameters
    ----------
    serve
        A function of a module. It writes its answers by means of :func:`answers`.
    arguments
        What it is called with; they travel as JSON.
    memory
        Bytes that the process and those it starts may have resident; None for any number.

    Attributes
    ----------
    deadline
        When the process is ended, on the clock of :func:`time.monotonic`; to be moved at will.
    """

    def __init__(
        self, serve: Callable[..., None], arguments: Sequence[Any], *, memory: float | None = None
    ) -> None:
        self.deadline = float("inf")
        self._memory = memory
        self._late = False
        self._excess = ""
        self._ended = False
        self._over = Event()
        self._process = subprocess.Popen(
            # With -P no module of the current folder comes before one of the standard library.
            [sys.executable, "-P", "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # what it starts is ended with it
        )
        given = {
            "path": _path(),
            "module": serve.__module__,
            "function": serve.__qualname__,
            "arguments": arguments,
        }
        assert self._process.stdin is not None
        with suppress(BrokenPipeError), self._process.stdin as stdin:
            json.dump(given, stdin)
        Thread(target=self._watch, daemon=True).start()

    def __enter__(self) -> Self:
        """Return the process itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process, and what it started: a thread of a plugin may go on for ever."""
        self._over.set()
        self._end()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.wait()

    def line(self) -> str:
        """Return the next line that it writes, or an empty text if it has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.readline(MAX_LINE)

    def how_it_ended(self, within: float | None = None) -> str:
        """Say why there are no more lines.

        Parameters
        ----------
        within
            Seconds that the deadline left it, to be told if it was ended then.
        """
        with suppress(subprocess.TimeoutExpired):  # it may go on with its side of the pipe closed
            self._process.wait(GRACE)
        self._end()
        code = self._process.wait()
        if self._late:
            return "does not end" if within is None else f"does not end within {within:g} s"
        if self._excess:
            return self._excess
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return f"ends the whole process ({how})"

    def _watch(self) -> None:
        while not self._over.wait(GLANCE):
            if time.monotonic() > self.deadline:
                self._late = True
            elif self._memory is not None and self._resident() > self._memory:
                self._excess = f"takes more than {self._memory / 2**30:.1f} GiB of memory"
            if self._late or self._excess:
                self._end()
                return

    def _resident(self) -> int:
        import psutil

        taken = 0
        with suppress(psutil.Error):  # it may end at any moment
            process = psutil.Process(self._process.pid)
            for each in (process, *process.children(recursive=True)):
                with suppress(psutil.Error):
                    taken += each.memory_info().rss
        return taken

    def _end(self) -> None:
        """Kill it with all that it started; only once, for then its number may be another's."""
        if self._ended:
            return
        self._ended = True
        if sys.platform == "win32":
            self._process.kill()
        else:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _path() -> list[str]:
    """Return ``sys.path`` without the current folder, whose modules nobody has asked for."""
    here = os.path.realpath(os.curdir)
    return [entry for entry in sys.path if os.path.realpath(entry or os.curdir) != here]


@contextmanager
def answers() -> Iterator[Callable[[Any], None]]:
    """Yield, in the other process, what writes a value as a line of JSON.

    All else that is written to stdout meanwhile goes to stderr.
    """
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as lines:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

        def answer(value: Any) -> None:
            lines.write(json.dumps(value) + "\n")
            lines.flush()

        yield answer
