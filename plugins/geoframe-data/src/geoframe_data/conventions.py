"""How a column writes its numbers: decimal mark, thousands, signs that are refused. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Callable

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_data.numerals import INFINITE, SIGN, all_match, matches, parse_numbers

Where = Callable[[int], str]
"""Row number -> where it stands, ``table.csv:7``."""

SIGNS = r"(?:[$€£¥]\s?[+-]?|[+-]?[$€£¥]\s?)?"
UNITS = r"\s?[%€£¥$]?"
SIGN_OR_UNIT = re.compile(r"[%€£¥$]")
LEADING_ZERO = rf"{SIGN}0\d.*"
SPACES = " \u00a0\u2009\u202f"
"""Blanks between thousands: an ordinary one, or one that does not break or is thin."""


@attrs.frozen
class Convention:
    """A way to write numbers."""

    decimal: str = "."
    thousands: str = ""

    @property
    def pattern(self) -> str:
        """Regular expression (RE2) of a finite number."""
        mark = f"[{self.decimal}]"
        whole = r"\d+"
        if self.thousands:
            whole = rf"(?:[1-9]\d{{0,2}}(?:{self._between}\d{{3}})+|\d+)"
        return rf"{SIGN}(?:{whole}(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d+)?"

    @property
    def _between(self) -> str:
        return f"[{SPACES if self.thousands == ' ' else self.thousands}]"

    def ungrouped(self, cells: pa.Array) -> pa.Array:
        """Cells without what stands between thousands."""
        return pc.replace_substring_regex(cells, self._between, "") if self.thousands else cells

    def agrees(self, decimal: str | None, thousands: str | None) -> bool:
        """Whether it is what the user said; small numbers have nothing between thousands."""
        ungrouped = self.thousands == "" and thousands != self.decimal
        return decimal in (None, self.decimal) and (
            thousands in (None, self.thousands) or ungrouped
        )

    def parse(self, cells: pa.Array) -> NDArray[np.float64]:
        """Stripped cells as float64 ``(n,)``; NaN for what is no number in this convention."""
        if self == PLAIN:
            return parse_numbers(cells)
        fits = pa.array(matches(cells, f"{self.pattern}|{INFINITE}"))
        plain = pc.if_else(fits, cells, "nan")
        plain = pc.replace_substring(self.ungrouped(plain), self.decimal, ".")
        return parse_numbers(plain)


PLAIN = Convention()
CONVENTIONS = (
    PLAIN,
    Convention(","),
    Convention(".", ","),
    Convention(",", "."),
    Convention(".", "'"),
    Convention(".", " "),
    Convention(",", " "),
)


def find_convention(
    name: str,
    cells: pa.Array,
    where: Where,
    *,
    decimal: str | None = None,
    thousands: str | None = None,
) -> Convention | None:
    """Find the convention that all cells fit; None if they are no numbers.

    Parameters
    ----------
    cells
        Stripped cells, none of them missing.
    decimal, thousands
        What the user said.

    Raises
    ------
    DataError
        If conventions that fit give different numbers, the user's fits not, or the cells carry
        signs of a currency or of percent.
    """
    zero = matches(cells, LEADING_ZERO)
    fits = [each for each in CONVENTIONS if _fits(cells, each)]
    if fits and zero.any():
        return None  # 007 is a name
    allowed = [each for each in fits if each.agrees(decimal, thousands)]
    if not fits:
        _refuse_signs(name, cells, where)
        return None
    if not allowed:
        wrong = next(k for k in range(len(cells)) if not _allowed(cells, k, decimal, thousands))
        raise DataError(
            f"{where(wrong)}: column '{shown(name)}': '{shown(cells[wrong])}' does not fit "
            f"{_said(decimal, thousands)}"
        )
    if allowed[0] == PLAIN:
        return PLAIN
    values = [each.parse(cells) for each in allowed]
    for other in values[1:]:
        if (differ := np.flatnonzero(values[0] != other)).size:
            row = int(differ[0])
            raise DataError(
                f"{where(row)}: column '{shown(name)}': '{shown(cells[row])}' may be "
                f"{values[0][row]:.15g} or {other[row]:.15g}; set data.decimal or data.thousands"
            )
    return allowed[0]


def is_grouped(cells: pa.Array) -> bool:
    """Whether plain numbers may all be whole ones with points between thousands: ``1.234``."""
    grouped = matches(cells, rf"{SIGN}[1-9]\d{{0,2}}(?:\.\d{{3}})+")
    return bool(grouped.any()) and bool((grouped | matches(cells, rf"{SIGN}\d{{1,3}}")).all())


def _fits(cells: pa.Array, convention: Convention) -> bool:
    return all_match(cells, f"{convention.pattern}|{INFINITE}")


def _allowed(cells: pa.Array, row: int, decimal: str | None, thousands: str | None) -> bool:
    cell = cells.slice(row, 1)
    return any(_fits(cell, each) for each in CONVENTIONS if each.agrees(decimal, thousands))


def _said(decimal: str | None, thousands: str | None) -> str:
    given = {"data.decimal": decimal, "data.thousands": thousands}
    return " and ".join(f"{key} = '{value}'" for key, value in given.items() if value is not None)


def _refuse_signs(name: str, cells: pa.Array, where: Where) -> None:
    """Refuse numbers with $ or % rather than make each a category."""
    number = "|".join(each.pattern for each in CONVENTIONS)
    if not all_match(cells, f"{SIGNS}(?:{number}){UNITS}"):
        return
    row = int(np.flatnonzero(~matches(cells, number))[0])
    found = SIGN_OR_UNIT.search(str(cells[row]))
    sign = found[0] if found else "%"
    raise DataError(
        f"{where(row)}: column '{shown(name)}': '{shown(cells[row])}' is a number with a sign; "
        f"write the column without signs of currency or percent, as sed 's/[{sign}]//g' does"
    )
