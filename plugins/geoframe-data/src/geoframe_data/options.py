"""Options of the ``[data]`` table that concern reading: the same in every method. Torch-free.

A method's section derives from :class:`FileOptions`, gives ``format`` its own choices, and adds
what it needs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import attrs

from geoframe.config import option
from geoframe.data import MAX_BYTES

TableFormat = Literal[
    "auto", "csv", "tsv", "parquet", "feather", "json", "xlsx", "npz", "npy", "mtx"
]  # fmt: skip

READING = ("format", "delimiter", "header", "decimal", "thousands", "id", "max_bytes")
"""Options that are arguments of readers."""


@attrs.frozen(kw_only=True)
class FileOptions:
    """The user's file, and how to read it where that is not found out."""

    path: Path | None = option(None, help="The user's file; without it the dataset below is used.")
    delimiter: str | None = option(
        None,
        help="What separates the cells of a text file: a character, tab, comma, semicolon, bar or "
        "blanks; left out, it is found.",
    )
    header: bool | None = option(
        None, help="Whether the first line of a text file names the columns; left out, it is found."
    )
    max_bytes: int = option(
        MAX_BYTES, ge=1, unit="bytes", help="Size that a file may have, unpacked."
    )

    def reading(self) -> dict[str, Any]:
        """Keyword arguments of the readers of ``geoframe_data``."""
        given = {each.name: getattr(self, each.name) for each in attrs.fields(type(self))}
        return {name: given[name] for name in READING if name in given}


@attrs.frozen(kw_only=True)
class TableOptions(FileOptions):
    """The user's table, and how to read it where that is not found out."""

    decimal: Literal[".", ","] | None = option(
        None, help="Decimal mark of the numbers; left out, it is found column by column."
    )
    thousands: Literal[",", ".", "'", " "] | None = option(
        None, help="What stands between thousands; left out, it is found column by column."
    )
    id: str | None = option(None, help="Column that names the rows; it is no data.")
