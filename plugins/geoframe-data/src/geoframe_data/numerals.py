"""Numbers as people write them: recognised over whole columns of text cells. Torch-free."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

MINUS = "\u2212"
"""The minus of typography, as word processors and web pages write it."""
SIGN = f"[+{MINUS}-]?"
NUMBER = rf"{SIGN}(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
"""A number with a decimal point: ``0.5``, ``1e-3``, ``+2``."""
INFINITE = rf"{SIGN}(?i:inf|infinity)"
MISSING = r"|(?i:[+-]?nan)"
"""The empty text, and NaN."""


def matches(cells: pa.Array, pattern: str) -> NDArray[np.bool_]:
    """Whether each cell matches the pattern (RE2) as a whole, boolean ``(n,)``."""
    found = pc.match_substring_regex(cells, f"^(?:{pattern})$")
    result: NDArray[np.bool_] = found.to_numpy(zero_copy_only=False).astype(bool)
    return result


def all_match(cells: pa.Array, pattern: str) -> bool:
    """Whether every cell matches; most columns are told from their first cells."""
    return all(bool(matches(part, pattern).all()) for part in (cells[:100], cells))


def plain_numbers(cells: pa.Array) -> NDArray[np.float64] | None:
    """Stripped cells as float64, NaN where missing; None if one is anything else.

    This is the fast way for most columns; some numbers (``+1``) are left to the careful one.
    """
    try:
        values = pc.cast(pc.if_else(pc.equal(cells, ""), None, cells), pa.float64())
    except pa.ArrowInvalid:
        return None
    found: NDArray[np.float64] = values.to_numpy(zero_copy_only=False)
    return found


def is_missing(cells: pa.Array) -> NDArray[np.bool_]:
    """Whether each stripped cell is empty or spells NaN out."""
    return matches(cells, MISSING)


def is_number(cells: pa.Array) -> NDArray[np.bool_]:
    """Whether each stripped cell is a number; infinity is, NaN is not."""
    return matches(cells, f"{NUMBER}|{INFINITE}")


def parse_numbers(cells: pa.Array) -> NDArray[np.float64]:
    """Stripped cells as float64 ``(n,)``; NaN for what is not a number."""
    if (found := plain_numbers(cells)) is not None:
        return found
    number = is_number(cells)
    plain = pc.if_else(pa.array(number), cells, "nan")
    if bool(pc.any(pc.starts_with(plain, "+")).as_py()):
        plain = pc.replace_substring_regex(plain, r"^\+", "")
    plain = pc.replace_substring(plain, MINUS, "-")
    values: NDArray[np.float64] = pc.cast(plain, pa.float64()).to_numpy(zero_copy_only=False)
    return values
