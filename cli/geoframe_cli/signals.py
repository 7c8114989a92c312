"""Ctrl-C and SIGTERM at any moment: one line, and the exit code 130."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130


class Stop:
    """Whether a signal asked the process to stop."""

    asked = False


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

    previous = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
