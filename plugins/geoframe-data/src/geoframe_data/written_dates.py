"""Dates as people write them: which part comes first, and the instants they mean. Torch-free."""

from __future__ import annotations

from typing import Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geoframe_data.numerals import all_match

Order = Literal["ymd", "dmy", "mdy"]
"""Order of year, month and day."""

TIME = r"(?:[ T]\d{2}:.*)?"
ISO = r"\d{4}-\d{2}-\d{2}(?:[ T]\d.*)?"
SLASHED = rf"\d{{4}}/\d{{1,2}}/\d{{1,2}}{TIME}"
YEAR_LAST = "|".join(rf"\d{{1,2}}{mark}\d{{1,2}}{mark}\d{{4}}{TIME}" for mark in (r"\.", "/", "-"))
EXAMPLES = {"ymd": "2020-12-31", "dmy": "31.12.2020", "mdy": "12/31/2020"}
"""Order -> a date, for messages."""
WORDS = {"dmy": "day, month, year", "mdy": "month, day, year"}


def find_order(name: str, texts: pa.Array) -> tuple[Order | None, str | None]:
    """Tell in which order all texts are dates; None if they are not, or if it cannot be told.

    ISO 8601 and ``2020/1/31`` begin with the year. Where it comes last, points mean that the day
    comes first (DIN, and the custom wherever points are used), and other marks leave it to the
    days after the 12th.

    Returns
    -------
    tuple
        The order, and a sentence for the user if it was concluded or is in doubt.
    """
    if not len(texts):
        return None, None
    if all_match(texts, ISO) or all_match(texts, SLASHED):
        return ("ymd" if _holds(texts, "ymd") else None), None
    if not all_match(texts, YEAR_LAST):
        return None, None
    orders: list[Order] = ["dmy", "mdy"]
    fits = [order for order in orders if _holds(texts, order)]
    if "dmy" in fits and bool(pc.all(pc.match_substring(texts, ".")).as_py()):
        fits = ["dmy"]
    if len(fits) == 1:
        return fits[0], f"column '{name}' is read as dates: {WORDS[fits[0]]}"
    if not fits:
        return None, None
    return None, (
        f"column '{name}' holds dates whose first number may be the day or the month, so they stay "
        "texts; write them as 2020-12-31"
    )


def parse_dates(texts: pa.Array, order: Order) -> pd.Series[pd.Timestamp]:
    """Dates in UTC ``(n,)``; NaT for what is none in this order, and for null."""
    if order != "ymd" or bool(pc.any(pc.match_substring(texts, "/")).as_py()):
        texts = _year_first(texts, order)
    found: pd.Series[pd.Timestamp] = pd.to_datetime(
        texts.to_pandas(), utc=True, format="ISO8601", errors="coerce"
    )
    return found


def _year_first(texts: pa.Array, order: Order) -> pa.Array:
    """Rewrite dates of any order as ISO 8601, which pandas reads strictly."""
    parts = {"ymd": r"\1-\2-\3", "dmy": r"\3-\2-\1", "mdy": r"\3-\1-\2"}
    found = r"^(\d+)[./-](\d+)[./-](\d+)"
    texts = pc.replace_substring_regex(texts, found, parts[order])
    for place in (r"^(\d{4}-)(\d)(-)", r"^(\d{4}-\d{2}-)(\d)( |T|$)"):
        texts = pc.replace_substring_regex(texts, place, r"\10\2\3")
    return texts


def _holds(texts: pa.Array, order: Order) -> bool:
    return not bool(parse_dates(texts, order).isna().any())
