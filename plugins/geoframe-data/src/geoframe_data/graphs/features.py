"""Choosing feature columns by name or pattern, and making one float32 array of them."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from geoframe.data import listed, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_data.graph import Features

ALL = ("*",)


def select_features(
    frame: pd.DataFrame, patterns: Sequence[str], names: Sequence[str], where: str
) -> Features | None:
    """Return the chosen columns as float32 ``(n, F)``, None if there are none.

    Parameters
    ----------
    frame
        One row per node; strings, numbers or booleans, empty strings or NaN where unknown.
    patterns
        Names or shell patterns of columns. ``*`` alone takes all columns of numbers and passes
        over the others; what is named otherwise must exist and be numeric.
    names
        Node names, for messages.
    where
        The file, for messages.

    Raises
    ------
    DataError
        If a pattern matches nothing, or a chosen cell is not a finite number.
    """
    columns = [str(column) for column in frame.columns]
    chosen: list[str] = []
    for pattern in patterns:
        found = [column for column in columns if fnmatchcase(column, pattern)]
        if not found and tuple(patterns) != ALL:
            raise DataError(
                f"{where}: no column '{shown(pattern)}' for features"
                f"{did_you_mean(pattern, columns)} (columns: {listed(columns)})"
            )
        chosen += [column for column in found if column not in chosen]
    parsed = {column: _numbers(frame[column]) for column in chosen}
    if tuple(patterns) == ALL:  # a column of text has no number at all, or is no column of numbers
        parsed = {c: v for c, v in parsed.items() if _is_numeric(frame[c], v)}
    for column, values in parsed.items():
        if len(bad := np.flatnonzero(~np.isfinite(values))):
            raise DataError(
                f"{where}: feature '{shown(column)}' of node '{shown(names[bad[0]])}' is "
                f"'{shown(frame[column].iloc[bad[0]])}', not a finite number; fill it in or leave "
                "the column out of data.features"
            )
    return as_features(np.stack(list(parsed.values()), axis=1), where) if parsed else None


def numbers_with_gaps(frame: pd.DataFrame) -> list[str]:
    """Names of the columns that hold numbers, though not for all nodes."""
    parsed = {str(column): _numbers(frame[column]) for column in frame.columns}
    return [c for c, v in parsed.items() if np.isnan(v).any() and _is_numeric(frame[c], v)]


def as_features(values: np.ndarray, where: str) -> Features | None:
    """Check numbers ``(n, F)`` and make them float32; None if there are no columns.

    Raises
    ------
    DataError
        Naming the first node with a number that is not finite, or too large for float32.
    """
    if values.ndim != 2:
        raise DataError(f"{where}: features have shape {values.shape}, expected (n, F)")
    if values.shape[1] == 0:
        return None
    largest = np.finfo(np.float32).max
    if len(bad := np.flatnonzero(~(np.abs(values) <= largest).all(axis=1))):
        raise DataError(
            f"{where}: the features of node {bad[0]} are not all finite numbers up to {largest:.1e}"
        )
    return values.astype(np.float32)


def _numbers(column: pd.Series) -> np.ndarray:
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _is_numeric(column: pd.Series, values: np.ndarray) -> bool:
    """Whether every cell that says something says a number, and at least one does."""
    blank = column.isna() | column.astype("string").str.strip().str.lower().isin(["", "nan"])
    number = ~np.isnan(values)
    return bool(number.any() and (number | blank.to_numpy(dtype=bool)).all())
