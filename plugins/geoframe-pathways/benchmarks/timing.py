"""CPU time of a call: the least of several measurements, since other work only adds to it."""

from __future__ import annotations

import time
from collections.abc import Callable


def cpu_seconds(call: Callable[[], object], *, repeats: int, measurements: int = 5) -> float:
    """Least CPU seconds of one call, over measurements of ``repeats`` calls each."""
    call()
    found = []
    for _ in range(measurements):
        started = time.process_time()
        for _ in range(repeats):
            call()
        found.append((time.process_time() - started) / repeats)
    return min(found)
