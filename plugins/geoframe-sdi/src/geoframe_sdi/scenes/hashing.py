"""The multi-resolution hash encoding (Müller et al. 2022) in plain torch."""

from __future__ import annotations

import math
from itertools import product

import torch
from torch import Tensor, nn

PRIMES = (1, 2654435761, 805459861)
FEATURES = 2
"""Features of a level."""
START = 1e-4
"""Features start uniform between minus this and this."""


class HashEncoding(nn.Module):
    """Points of the cube [-1, 1]^3 -> features, trilinear within the cells of each level.

    Parameters
    ----------
    levels
        Resolutions ``floor(coarsest * growth^l)``.
    log_length
        Logarithm to base 2 of a level's table; a grid that fits is stored without hashing.
    """

    corners: Tensor

    def __init__(self, levels: int, coarsest: int, growth: float, log_length: int) -> None:
        super().__init__()
        self.sides = [math.floor(coarsest * growth**level) for level in range(levels)]
        self.length = 2**log_length
        start = (2 * torch.rand(levels, self.length, FEATURES) - 1) * START
        self.tables = nn.Parameter(start)
        corners = torch.tensor(list(product((0, 1), repeat=3)))
        self.register_buffer("corners", corners, persistent=False)
        self.used = levels
        """Levels that are not masked, the coarsest first."""

    @property
    def features(self) -> int:
        """Length of an encoding."""
        return FEATURES * len(self.sides)

    def forward(self, points: Tensor) -> Tensor:
        """Points ``(p, 3)`` -> features ``(p, features)``."""
        unit = ((points + 1) / 2).clamp(0, 1)
        found = [self._level(unit, level) for level in range(self.used)]
        masked = unit.new_zeros(len(unit), self.features - FEATURES * self.used)
        return torch.cat([*found, masked], 1)

    def _level(self, unit: Tensor, level: int) -> Tensor:
        side = self.sides[level]
        scaled = unit * side
        cell = scaled.detach().floor().clamp_max(side - 1)
        share = scaled - cell
        index = cell.long()[:, None] + self.corners  # (p, 8, 3)
        if (side + 1) ** 3 <= self.length:
            places = (index[..., 0] * (side + 1) + index[..., 1]) * (side + 1) + index[..., 2]
        else:
            hashed = index * torch.tensor(PRIMES, device=index.device)
            places = (hashed[..., 0] ^ hashed[..., 1] ^ hashed[..., 2]) % self.length
        found = nn.functional.embedding(places, self.tables[level])
        chosen = torch.where(self.corners.bool(), share[:, None], 1 - share[:, None])
        return (found * chosen.prod(-1, keepdim=True)).sum(1)
