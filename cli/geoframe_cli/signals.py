"""Ctrl-C and SIGTERM at any moment: one line, and the exit code 130."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether a signal asked the process to stop."""

    asked = False


@contextmanager
def until_the_end() -> Iterator[None]:
    """Answer signals before and after the work of a process that is ``geoframe`` and nothing else.

    What comes before :func:`interruptible` says one line and ends with 130. Once the work is done
    its exit code stands: a signal then ends the process with it at once, whatever it still waits
    for, and in the last moments, when Python has taken itself apart, nothing happens any more.
    """
    code: int | None = None

    def leave(number: int, frame: FrameType | None) -> None:
        if code is None:
            os.write(2, b"Interrupted\n")  # a print could be what is interrupted
        os._exit(INTERRUPTED if code is None else code)

    atexit.register(_ignore)  # the first that is registered is the last that is called
    for number in SIGNALS:
        signal.signal(number, leave)
    try:
        yield
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, OSError, ValueError):  # absent, full or closed
                stream.flush()
        raise


def _ignore() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def interruptible() -> Iterator[Stop]:
    """Raise :class:`KeyboardInterrupt` for SIGTERM as for SIGINT, once.

    A second SIGTERM is passed over: what the first one began is under way. A second SIGINT ends the
    process at once, which loses nothing: files are complete or absent.

    Outside the main thread Python delivers no signals, so there nothing is changed.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.asked:
            if number == signal.SIGINT:
                os._exit(INTERRUPTED)
            return
        stop.asked = True
        raise KeyboardInterrupt

    previous = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield stop
    finally:
        stop.asked = True  # nothing is left to be stopped
        for number, handler in previous.items():
            signal.signal(number, handler)
