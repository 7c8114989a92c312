"""How a text file writes its table: what separates fields, and whether columns have names."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import attrs
from pandas.io.common import get_handle

SAMPLED = 64 * 2**10
"""Bytes that are looked at."""
SEPARATORS = (",", ";", "\t", "|")
"""Of equals the first wins."""
SPACES = r"\s+"
"""What separates the fields of lines that have none of these and equally many words."""
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")


@attrs.frozen(kw_only=True)
class Dialect:
    """What pandas has to know of a text file."""

    separator: str
    header: bool
    """Whether the first line holds names."""
    decimal_comma: bool

    def options(self) -> dict[str, Any]:
        """Return keyword arguments of ``pandas.read_csv``."""
        return {
            "sep": self.separator,
            "header": 0 if self.header else None,
            "decimal": "," if self.decimal_comma else ".",
            "na_values": ["?"],
            "skipinitialspace": True,
        }


def dialect_of(path: Path, separator: str | None = None) -> Dialect:
    """Look at the beginning of a text file.

    Parameters
    ----------
    separator
        What separates fields, if it is known.

    Raises
    ------
    OSError, EOFError, ValueError
        If it cannot be read, or is not UTF-8.
    """
    with get_handle(path, "rb", compression="infer", is_text=False) as opened:
        sample: bytes = opened.handle.read(SAMPLED)
    # A character may be cut in two at the end, and so may a line.
    lines = sample.decode("utf-8-sig", "strict" if len(sample) < SAMPLED else "ignore").splitlines()
    lines = [line for line in lines if line.strip()][: 20 if len(sample) < SAMPLED else 19]
    first = lines[0] if lines else ""
    if separator is None:
        separator = max(SEPARATORS, key=lambda each: len(_fields(first, each)))
        if len(_fields(first, separator)) == 1 and len({len(line.split()) for line in lines}) == 1:
            separator = SPACES if len(first.split()) > 1 else separator
    names = _fields(first, separator)
    numeric = [bool(NUMBER.fullmatch(name)) for name in names]
    commas = separator != "," and any(
        DECIMAL_COMMA.fullmatch(field) for line in lines[1:] for field in _fields(line, separator)
    )
    return Dialect(
        separator=separator,
        # Columns 0, 1, 2, ... are names that pandas gives.
        header=not all(numeric) or names == [str(index) for index in range(len(names))],
        decimal_comma=commas,
    )


def _fields(line: str, separator: str) -> list[str]:
    if separator == SPACES:
        return line.split()
    found = next(csv.reader([line], delimiter=separator), [])
    return [field.strip() for field in found]
