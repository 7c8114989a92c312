"""Denormal numbers, which make products many times slower, set to zero while we compute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Flush denormals in this thread, and restore what was before."""
    tiny = torch.tensor(torch.finfo(torch.float64).tiny, dtype=torch.float64)
    flushed_already = float(tiny / 2) == 0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(flushed_already)
