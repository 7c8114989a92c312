"""Letting a training step end before a signal is obeyed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Whether the user or the system has asked the process to stop."""

    requested = False


@contextmanager
def deferred_interrupt(*, among_others: bool = False) -> Iterator[Interrupt]:
    """Record SIGINT and SIGTERM instead of obeying them; a second SIGINT is obeyed at once.

    Outside the main thread Python delivers no signals, so there nothing is recorded.

    Parameters
    ----------
    among_others
        Whether the process works with others. It may then be waiting for one that does not
        answer, which no exception ends, and the second SIGINT ends it without one.
    """
    second = signal.SIG_DFL if among_others else signal.default_int_handler
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return

    def note(number: int, frame: FrameType | None) -> None:
        interrupt.requested = True
        signal.signal(signal.SIGINT, second)

    previous = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupt
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
