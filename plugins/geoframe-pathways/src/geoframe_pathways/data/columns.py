"""Columns of a table as numbers or as texts. Torch-free."""

from __future__ import annotations

import numbers as abstract
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoframe.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

ColumnKind = Literal["number", "date", "text", "nested"]

DATE = r"\d{4}-\d{2}-\d{2}([ T]\d.*)?"
"""What a text that may be a date looks like (ISO 8601; others are ambiguous)."""
MISSING = ""
"""The text that stands for a missing one; in a csv file there is no difference."""


def as_frame(table: pd.DataFrame | ArrayLike) -> pd.DataFrame:
    """Name the columns of an array x0, x1, ...; leave a frame as it is.

    Raises
    ------
    DataError
        If the array has not two axes.
    """
    import pandas as pd

    if isinstance(table, pd.DataFrame):
        return table
    array = np.asarray(table)
    if array.ndim != 2:
        raise DataError(f"a table has rows and columns; this one has the shape {array.shape}")
    return pd.DataFrame(array, columns=[f"x{index}" for index in range(array.shape[1])])


def kind_of(column: pd.Series[Any]) -> ColumnKind:
    """Find out how a column is to be used, from its type and, where that says little, its values.

    Nested is a column of lists or other containers.
    """
    from pandas.api import types

    if types.is_numeric_dtype(column.dtype):
        return "number"
    if types.is_datetime64_any_dtype(column.dtype):
        return "date"
    present = column.dropna()
    if types.is_object_dtype(column.dtype):
        if present.map(lambda value: isinstance(value, (list, tuple, dict, set, np.ndarray))).any():
            return "nested"
        if len(present) and present.map(_is_number).all():
            return "number"
    text = present.astype(str)
    return "date" if len(text) and text.str.fullmatch(DATE).all() and _are_dates(text) else "text"


def numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Column of numbers ``(n,)``; missing values are NaN.

    Raises
    ------
    DataError
        If a value is no number.
    """
    try:
        return np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"column '{column.name}' should hold numbers: {error}") from None


def days(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Column of dates ``(n,)`` as days since 1970, in UTC; missing ones are NaN.

    Raises
    ------
    DataError
        If a value is no date.
    """
    import pandas as pd

    try:
        dates = pd.to_datetime(column, utc=True, format="ISO8601")
    except (TypeError, ValueError) as error:
        raise DataError(f"column '{column.name}' should hold dates: {error}") from None
    since: pd.Series[Any] = (dates - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    return np.asarray(since, dtype=np.float64)


def texts(column: pd.Series[Any]) -> NDArray[np.str_]:
    """Column of texts ``(n,)``; missing ones are empty.

    Whole numbers have no decimals: whether a column of codes was read as integers or, for one
    missing value, as floats must not change their names.
    """
    plain = column.astype(object).where(column.notna(), MISSING)
    if any(isinstance(value, float) for value in plain.unique()):
        plain = plain.map(lambda v: int(v) if isinstance(v, float) and v.is_integer() else v)
    return np.asarray(plain, dtype=np.str_)


def _is_number(value: object) -> bool:
    return isinstance(value, abstract.Number) and not isinstance(value, (bool, np.bool_))


def _are_dates(text: pd.Series[Any]) -> bool:
    import pandas as pd

    return bool(pd.to_datetime(text, utc=True, format="ISO8601", errors="coerce").notna().all())
