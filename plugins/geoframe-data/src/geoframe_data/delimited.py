"""Delimited text (CSV, TSV, blanks) as columns of text cells that know their lines. Torch-free.

What a file means: the delimiter is found by even splitting; CSV is quoted as RFC 4180 says and TSV
(IANA text/tab-separated-values) not at all; leading lines that begin with ``#`` are comments; the
header is found, or the user is asked, and no line is lost without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geoframe.data import MAX_BYTES, listed, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_data.files import UserFile, open_file
from geoframe_data.header import find_header
from geoframe_data.lines import split_cells
from geoframe_data.numerals import is_missing, parse_numbers

if TYPE_CHECKING:
    import pandas as pd

BLANKS = "blanks"
DELIMITERS = {"tab": "\t", "semicolon": ";", "bar": "|", "comma": ",", BLANKS: BLANKS}
"""Words that ``data.delimiter`` takes besides the characters themselves."""


@attrs.frozen(eq=False)
class Delimited:
    """A table of text cells; an absent cell is the empty text."""

    path: Path
    header: tuple[str, ...] | None
    """Names of the columns, stripped; None if the file gives none. A name may be empty."""
    cells: tuple[pa.Array, ...]
    """The columns, as ``large_string`` arrays of one length; cells are as written, not stripped."""
    lines: NDArray[np.int64]
    """Line of each row in the file, from 1."""
    notes: tuple[str, ...] = ()
    """What was passed over or assumed while reading, a sentence each."""
    delimiter: str = ","
    """What separates the cells: a character, or ``blanks``."""

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def names(self) -> list[str]:
        """Names of the columns; those without one are ``column 1``, ``column 2``, ..."""
        given = self.header or [""] * len(self.cells)
        return [name or f"column {place}" for place, name in enumerate(given, start=1)]

    def find(self, *wanted: str) -> int | None:
        """Place of the first of these names that is there: exactly, or else whatever its case."""
        if self.header is None:
            return None
        for name in wanted:
            if name in self.header:
                return self.header.index(name)
            alike = [k for k, each in enumerate(self.header) if each.lower() == name.lower()]
            if len(alike) == 1:
                return alike[0]
        return None

    def place(self, name: str, option: str) -> int:
        """Place of a column; ``option`` is the config key that named it, ``data.source``.

        Raises
        ------
        DataError
            If there is none; the message lists the columns and the closest one.
        """
        found = self.find(name)
        if found is None:
            raise DataError(
                f"{self.path}: no column '{shown(name)}'{did_you_mean(name, self.names)} "
                f"(columns: {listed(self.names)}); name it with {option}"
            )
        return found

    def texts(self, place: int) -> pa.Array:
        """Cells of a column without blanks around them."""
        return pc.utf8_trim_whitespace(self.cells[place])

    def series(self, place: int) -> pd.Series[str]:
        """:meth:`texts` as a pandas series of texts, named as the column."""
        found: pd.Series[str] = self.texts(place).to_pandas()
        return found.rename(self.names[place])

    def filled(self, place: int) -> pa.Array:
        """:meth:`texts` of a column that must not have an empty cell.

        Raises
        ------
        DataError
            Naming the line of the first that is empty.
        """
        found = self.texts(place)
        empty = np.flatnonzero(pc.equal(found, "").to_numpy(zero_copy_only=False))
        if len(empty):
            raise DataError(
                f"{self.path}:{self.lines[empty[0]]}: column '{shown(self.names[place])}' is "
                "empty; fill it or remove the line"
            )
        return found

    def numbers(self, place: int, *, blank: bool = False) -> NDArray[np.float64]:
        """Numbers of a column, float64 ``(n,)``; empty cells and NaN are NaN if ``blank``.

        Raises
        ------
        DataError
            Naming the line of the first cell that is not a number.
        """
        found = self.texts(place) if blank else self.filled(place)
        values = parse_numbers(found)
        bad = np.flatnonzero(np.isnan(values))
        bad = bad[~is_missing(found.take(pa.array(bad)))] if len(bad) else bad
        if len(bad):
            raise DataError(
                f"{self.path}:{self.lines[bad[0]]}: {shown(self.names[place])} "
                f"'{shown(found[bad[0]])}' is not a number; write it like 0.5 or 1e-3"
            )
        return values

    def take(self, rows: Any) -> Delimited:
        """Return the rows that a slice, a mask or numbers select."""
        chosen = np.arange(len(self))[rows]
        cells = tuple(column.take(pa.array(chosen)) for column in self.cells)
        return attrs.evolve(self, cells=cells, lines=self.lines[chosen])


def read_delimited(
    path: Path,
    *,
    delimiter: str | None = None,
    header: bool | None = None,
    known: Sequence[str] = (),
    places: int = 0,
    max_bytes: int = MAX_BYTES,
) -> Delimited:
    """Read delimited text; see :func:`parse_delimited` for the arguments and errors."""
    file = open_file(path, max_bytes=max_bytes)
    return parse_delimited(file, delimiter=delimiter, header=header, known=known, places=places)


def parse_delimited(
    file: UserFile,
    *,
    delimiter: str | None = None,
    header: bool | None = None,
    known: Sequence[str] = (),
    places: int = 0,
) -> Delimited:
    """Split text into columns of cells.

    Parameters
    ----------
    delimiter
        A character, or ``tab``, ``comma``, ``semicolon``, ``bar`` or ``blanks``; None finds it.
    header
        Whether the first line names the columns; None finds out.
    known
        Names that the caller looks for; one of them in the first line tells it for a header.
    places
        Columns that mean something by place, so that a file may go without names: 3 for
        ``source, target, weight``; 0 if names are expected.

    Raises
    ------
    DataError
        If it is no text, ragged or badly quoted, names a column twice, holds no rows, or if it
        stays unclear whether the first line is a header.
    """
    split = split_cells(file.path, file.text(), delimiter_of(delimiter))
    names, columns, notes = find_header(file.path, split, header, known, places)
    first = 0 if names is None else 1
    lines = split.lines[first:]
    if not len(lines):
        raise DataError(f"{file.path}: holds a header but no rows")
    cells = tuple(column[first:] for column in columns)
    return Delimited(file.path, names, cells, lines, (*split.notes, *notes), split.delimiter)


def delimiter_of(wanted: str | None) -> str | None:
    r"""Return the character that ``data.delimiter`` means: ``tab`` and ``\t`` are one.

    Raises
    ------
    DataError
        If it is not one character or one of the words.
    """
    if wanted is None:
        return None
    found = DELIMITERS.get(wanted.strip().lower(), wanted.replace("\\t", "\t"))
    if found.isspace() and found != "\t":
        return BLANKS
    if found != BLANKS and (len(found) != 1 or found in '"\r\n'):
        raise DataError(
            f"data.delimiter = '{shown(wanted)}' is not one character; write it so, or as one of: "
            f"{', '.join(DELIMITERS)}"
        )
    return found
