"""Which noise level a step is at."""

from __future__ import annotations

from typing import Literal

import attrs
import torch

from geoframe_diffusion.schedule import Schedule

WARM = 0.3
"""Share of the steps over which the bound of ``warm`` falls: 1500 of LucidDreamer's 5000."""
FLOOR = 0.5
"""Bound that ``warm`` ends at, as LucidDreamer's and ProlificDreamer's do."""

Timing = Literal["linear", "uniform", "sqrt", "warm"]


@attrs.frozen
class Levels:
    """From progress to a noise level, within bounds.

    The level is tied to the share of the budget that is done, never to a step number with a
    length of its own, so that a longer or shorter training anneals over all of it.
    """

    schedule: Schedule
    timing: Timing
    t_max: float
    t_min: float
    sigma_max: float

    @property
    def highest(self) -> float:
        """Largest level that is used."""
        return min(self.t_max * len(self.schedule), self.schedule.level(self.sigma_max))

    @property
    def lowest(self) -> float:
        """Smallest level that is used."""
        return min(self.t_min * len(self.schedule), self.highest)

    def level(self, progress: float) -> float:
        """Level at ``progress`` in [0, 1); for ``uniform`` and ``warm`` drawn with torch."""
        low, high = self.lowest, self.highest
        if self.timing == "linear":
            return high - (high - low) * progress
        if self.timing == "sqrt":
            return high - (high - low) * float(progress**0.5)
        if self.timing == "warm":
            bound = max(low, min(high, FLOOR * len(self.schedule)))
            high -= (high - bound) * min(1.0, progress / WARM)
        return low + (high - low) * float(torch.rand(()))

    def share(self, level: float) -> float:
        """Level as a share of the schedule, the paper's t."""
        return level / len(self.schedule)
