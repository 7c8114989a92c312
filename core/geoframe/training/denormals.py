"""Treating denormal numbers as zero in kernels of one's own on a CPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Flush denormals to zero, and put the mode back.

    For a loop that calls nobody's code but its own: the mode is the processor's, so all that runs
    meanwhile is subject to it. A tree of scipy divides points at the next number above 0, and
    ends the process if that is 0 again.
    """
    before = (torch.full((1,), 1e-310, dtype=torch.float64) * 1.0).item() == 0.0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)
