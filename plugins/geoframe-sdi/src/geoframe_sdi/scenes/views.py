"""Which side of a scene a camera sees, for prompts that say so."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe_diffusion.guidance import Others

FRONT = 45.0
"""Degrees of azimuth to either side that count as front, and around 180 as back."""
OVERHEAD = 60.0
"""Degrees of elevation from which a view is from above."""
NAMES = ("front", "side", "back", "overhead")
FRONT_SIDE = (4.0, 0.5, -2.426)
SIDE_BACK = (1.0, 0.5, -0.606)
FRONT_BACK = (1.0, 0.5, 0.967)
"""Height, rate and offset of Perp-Neg's weights."""


def view_numbers(cameras: Tensor) -> Tensor:
    """Number in :data:`NAMES` of each camera ``(n,)``, by where its eye is."""
    around, above = _angles(cameras)
    numbers = torch.ones(len(cameras), dtype=torch.long)
    numbers[around <= FRONT] = 0
    numbers[around >= 180 - FRONT] = 2
    numbers[above > OVERHEAD] = 3
    return numbers


def perp_neg_views(cameras: Tensor) -> tuple[Tensor, Others]:
    """Shares of the four prompts ``(n, 4)``, and the neighbouring views to go away from.

    Between front (azimuth 0), side (90) and back (180) the wanted prompt is mixed linearly. The
    weights are threestudio's: minus ``a exp(-b r) + c`` of the share r, where (a, b, c) is (4, 0.5,
    -2.426) for front and side, each by its own share, and (1, 0.5, -0.606) and (1, 0.5, 0.967) for
    side and front behind, both by the side's. From above nothing is gone away from.
    """
    around, above = _angles(cameras)
    one = torch.eye(len(NAMES), dtype=cameras.dtype, device=cameras.device)
    ahead = around < 90
    share = torch.where(ahead, 1 - around / 90, 2 - around / 90)[:, None]
    front = share * one[0] + (1 - share) * one[1]
    back = share * one[1] + (1 - share) * one[2]
    wanted = torch.where(ahead[:, None], front, back)
    others = torch.where(ahead[:, None, None], one[[0, 1]], one[[1, 0]])
    weights = torch.where(
        ahead[:, None],
        torch.cat([_decay(share, *FRONT_SIDE), _decay(1 - share, *FRONT_SIDE)], 1),
        torch.cat([_decay(share, *SIDE_BACK), _decay(share, *FRONT_BACK)], 1),
    )
    overhead = (above > OVERHEAD)[:, None]
    wanted = torch.where(overhead, one[3], wanted)
    return wanted, Others(others, torch.where(overhead, torch.zeros_like(weights), weights))


def _decay(share: Tensor, height: float, rate: float, offset: float) -> Tensor:
    return -(height * torch.exp(-rate * share) + offset)


def _angles(cameras: Tensor) -> tuple[Tensor, Tensor]:
    """Degrees of azimuth to either side of the front, and of elevation ``(n,)``."""
    x, y, z = cameras[:, 0], cameras[:, 1], cameras[:, 2]
    above = torch.rad2deg(torch.atan2(y, (x**2 + z**2).sqrt()))
    return torch.rad2deg(torch.atan2(x, z)).abs(), above
