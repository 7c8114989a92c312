"""Where and how the processor computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from geoframe import ConfigError


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Set denormal numbers to zero in this thread, and restore what was before.

    Products with them are many times slower.
    """
    tiny = torch.tensor(torch.finfo(torch.float64).tiny, dtype=torch.float64)
    flushed_already = float(tiny / 2) == 0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(flushed_already)


def device_of(name: str) -> torch.device:
    """Return a device that can compute.

    Raises
    ------
    ConfigError
        If torch does not know or see it.
    """
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError):
        raise ConfigError(
            [f"sampler.device: torch has no device '{name}' here; use cpu, cuda or cuda:<n>"]
        ) from None
    return device
