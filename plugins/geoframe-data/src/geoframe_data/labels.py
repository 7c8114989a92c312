"""Users' labels as numbers of classes: ``1`` and ``1.0`` are one, and so are ``yes`` and ``yes ``.

Torch-free.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.errors import DataError

EXACT = 2**53
LONGEST = 19
"""Digits of a whole number from which int64 may not hold it; it is a text then."""
LEADING_ZERO = re.compile(r"[+-]?0\d.*")


@attrs.frozen(eq=False)
class Labels:
    """One class for each item."""

    codes: NDArray[np.int64]
    """Number of each item's class ``(n,)``; -1 where it has none."""
    names: tuple[str, ...]
    """Name of each class: numbers by size, then texts in order."""

    def values(self) -> NDArray[np.generic]:
        """Labels ``(n,)``: int64 if every class is a whole number, else texts."""
        if all(_is_whole(name) for name in self.names):
            return np.array([int(name) for name in self.names], np.int64)[self.codes]
        return np.array(self.names, dtype=np.str_)[self.codes]


def as_labels(values: Iterable[Any], *, origin: str = "labels") -> Labels:
    """Number the classes of labels.

    Parameters
    ----------
    values
        Texts, numbers or truth values; empty texts, None and NaN are no label.

    Raises
    ------
    DataError
        If a label is a number beyond 2^53, which float64 no longer tells from its neighbours.
    """
    found, uniques = pd.factorize(np.array(list(values), dtype=object))
    texts = np.array([canonical(value, origin) for value in [*uniques, ""]], dtype=object)
    present = sorted(set(texts) - {""}, key=_order)
    number = {name: code for code, name in enumerate(present)} | {"": -1}
    codes = np.fromiter((number[text] for text in texts), np.int64, len(texts))[found]
    return Labels(codes, tuple(present))


def canonical(value: Any, origin: str = "labels") -> str:
    """Text of a label: stripped, whole numbers without decimals, missing ones empty."""
    if value is None or value != value:
        return ""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str | np.str_):
        text = str(value).strip()
        number = None if LEADING_ZERO.fullmatch(text) else _number(text)
        if number is None:
            return "" if text.lower() == "nan" else text
        value = number
    if isinstance(value, float | np.floating) and not math.isinf(value):
        if abs(float(value)) >= EXACT:
            raise DataError(
                f"{origin}: a label is {value:g}; number classes below 2^53, or name them"
            )
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    return str(value)


def _number(text: str) -> float | None:
    if not text or text[-1] not in "0123456789." or "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _is_whole(text: str) -> bool:
    digits = text.removeprefix("-")
    plain = digits.isascii() and digits.isdigit() and (digits == "0" or digits[0] != "0")
    return plain and len(digits) < LONGEST


def _order(name: str) -> tuple[float, str]:
    number = _number(name)
    return (math.inf if number is None else number, name)
