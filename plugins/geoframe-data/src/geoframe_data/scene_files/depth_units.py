"""Depth as metres, whatever unit a file counts in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "0.1mm": 0.0001}
"""Name of a unit -> metres."""
NEAREST, FURTHEST = 0.05, 30.0
"""Metres that the median of a depth image of a table lies between; beyond there is no depth."""
USUAL = 0.2, 4.0
"""Metres beyond which a unit that nobody stated is told."""
NOWHERE = 60_000
"""Depths from here on, whatever the unit, mean that nothing was met: 65535 of sensors, the largest
half, and 1e10 of renderers."""


def metres(
    source: str, depth: NDArray[np.generic], scale: float | None, unit: str
) -> tuple[NDArray[np.float32], str | None]:
    """Convert a depth image to metres.

    Parameters
    ----------
    source
        File name for messages.
    scale
        Metres of one unit if the file says so.
    unit
        A name of :data:`UNITS`, or ``auto``: by the file, else whole numbers are millimetres, and
        fractions metres if the median could be one.

    Returns
    -------
    depth
        Float32, 0 where nothing was measured (0, negative, not finite, 30 m and more).
    remark
        What was assumed, or None.

    Raises
    ------
    DataError
        If nothing was measured at all or the result is no distance of a table.
    """
    if depth.ndim < 2 or depth.dtype.kind not in "uif":
        raise DataError(f"{source}: the depth image must be one channel of numbers")
    values = depth.astype(np.float32)
    values = np.where((values > 0) & (values < NOWHERE), values, np.float32(0))
    seen = values[values > 0]
    if not seen.size:
        raise DataError(f"{source}: no pixel has a depth")
    median = float(np.median(seen))
    fractions = depth.dtype.kind == "f"
    if unit != "auto":
        factor = UNITS[unit]
    elif scale is not None:
        factor = scale
    else:
        factor = UNITS["m" if fractions and median <= FURTHEST else "mm"]
    if not NEAREST <= median * factor <= FURTHEST:
        raise DataError(
            f"{source}: the median depth would be {median * factor:.3g} m; state the unit "
            f"({', '.join(UNITS)})"
        )
    remark = None
    surprising = fractions != (factor == 1) or not USUAL[0] <= median * factor <= USUAL[1]
    if unit == "auto" and scale is None and surprising:
        remark = (
            f"{source}: depths around {median:.3g} were taken as "
            f"{'metres' if factor == 1 else 'millimetres'}; if they are not, state the unit "
            f"({', '.join(UNITS)})"
        )
    values *= np.float32(factor)
    return np.where(values < FURTHEST, values, np.float32(0)), remark
