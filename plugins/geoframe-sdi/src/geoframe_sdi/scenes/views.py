"""Which side of a scene a camera sees, for prompts that say so."""

from __future__ import annotations

import torch
from torch import Tensor

FRONT = 45.0
"""Degrees of azimuth to either side that count as front, and around 180 as back."""
OVERHEAD = 60.0
"""Degrees of elevation from which a view is from above."""
NAMES = ("front", "side", "back", "overhead")


def view_numbers(cameras: Tensor) -> Tensor:
    """Number in :data:`NAMES` of each camera ``(n,)``, by where its eye is."""
    x, y, z = cameras[:, 0], cameras[:, 1], cameras[:, 2]
    above = torch.rad2deg(torch.atan2(y, (x**2 + z**2).sqrt()))
    around = torch.rad2deg(torch.atan2(x, z)).abs()
    numbers = torch.ones(len(cameras), dtype=torch.long)
    numbers[around <= FRONT] = 0
    numbers[around >= 180 - FRONT] = 2
    numbers[above > OVERHEAD] = 3
    return numbers
