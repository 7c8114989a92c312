"""Times as users write them: numbers, or ISO dates."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_data.graph import Floats, Ints

DAY = np.timedelta64(1, "D")


def parse_times(cells: pd.Series, where: str, lines: NDArray[np.int64] | None = None) -> Floats:
    """Parse times -> float64 ``(n,)``; an empty cell is NaN.

    Parameters
    ----------
    cells
        Strings or numbers. Unless all are numbers they are taken as ISO dates, whose value is
        the number of days since 1970-01-01.
    where, lines
        The file, and the line of each cell if there are lines, for messages.

    Raises
    ------
    DataError
        Naming the first cell that is neither.
    """
    text = cells.astype("string").fillna("").str.strip()
    given = ~text.str.lower().isin(["", "nan", "none", "null"])
    numbers = pd.to_numeric(text.where(given), errors="coerce")
    if numbers.notna().equals(given):
        values: Floats = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
        unread, reason = np.isinf(values), "is infinite; leave unknown times empty"
    else:
        dates = pd.to_datetime(text.where(given), format="ISO8601", errors="coerce", utc=True)
        moments = dates.dt.tz_localize(None).to_numpy("datetime64[ns]")
        values = (moments - np.datetime64(0, "D")) / DAY
        unread = (dates.isna() & given).to_numpy(dtype=bool)
        reason = "is a number where others are dates"
        # What is no number either is the likelier mistake than a number among dates.
        if (neither := unread & numbers.isna().to_numpy(dtype=bool)).any():
            unread, reason = neither, "is neither a number nor an ISO date (2001-12-31)"
    if len(bad := np.flatnonzero(unread)):
        place = where if lines is None else f"{where}:{lines[bad[0]]}"
        raise DataError(f"{place}: time '{shown(text.iloc[bad[0]])}' {reason}")
    return values


def times_of_targets(edges: Ints, times: Floats, n: int) -> Floats:
    """Give each node the earliest time of the edges that enter it; NaN if none does.

    A dated edge u -> v (a citation, a message) happens when v does; nothing is known of when a
    node happened that no edge enters.
    """
    result = np.full(n, np.nan)
    np.fmin.at(result, edges[:, 1], times)
    return result
