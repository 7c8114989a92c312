"""What every backbone sees of a pixel."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe_dreamup3d.table.inputs import LENGTH


def network_channels(points: Tensor, rgb: Tensor, valid: Tensor) -> Tensor:
    """Stack what a backbone sees of each pixel ``(b, 7, h, w)``, about unit-sized.

    Channels lie together in memory, as CPUs convolve them fastest.
    """
    seen = valid.unsqueeze(-1).to(points.dtype)
    return torch.cat([points / LENGTH, rgb - 0.5, seen], -1).permute(0, 3, 1, 2)
