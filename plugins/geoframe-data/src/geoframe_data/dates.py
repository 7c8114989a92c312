"""Dates as numbers: days, and the circles they run through. Torch-free."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PERIODS = {"year": 365.2425, "week": 7.0, "day": 1.0}
"""Circles that a date runs through, in days."""
TURNS = 1.0
"""Turns of a circle that dates must span for it to matter."""


def circles(days: NDArray[np.float64]) -> list[str]:
    """Return the circles (``year``, ``week``, ``day``) that matter for dates.

    Parameters
    ----------
    days
        Days since 1970 ``(n,)``, NaN where missing: :meth:`geoframe_data.Table.numbers`.
    """
    span = np.nanmax(days) - np.nanmin(days)
    # Whole days stand still on the circle of the day.
    return [
        name
        for name, period in PERIODS.items()
        if span >= TURNS * period and np.nanstd(days % period) > 0
    ]


def on_circle(days: NDArray[np.float64], period: float, *, cosine: bool) -> NDArray[np.float64]:
    """Coordinate ``(n,)`` of dates on a circle of ``period`` days: the sine, or the cosine."""
    turned: NDArray[np.float64] = 2 * np.pi * days / period
    return np.cos(turned) if cosine else np.sin(turned)
