"""Where and how the processor computes."""

from __future__ import annotations

import torch

from geoframe import ConfigError


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
