"""From text to cells: delimiter, comments, quoting and ragged rows. Torch-free."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import attrs
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geoframe.data import shown
from geoframe.errors import DataError

BLANKS = "blanks"
MARKS = "\t;|,"
"""Delimiters; of those that split evenly the first is taken: a comma may be a decimal one."""
MOST_CELLS = 20_000
"""Cells of a line: matrices are wide, but each column of a text costs memory of its own."""
SNIFFED = 50
"""Lines that are looked at for the delimiter."""
MOSTLY = 0.5
"""Share of the lines that a delimiter must split alike where none splits all of them so."""
SEP = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
"""The line by which Excel is told of the delimiter."""
PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")


@attrs.frozen(eq=False)
class Split:
    """All rows of a file, the header too, as columns of one length."""

    columns: list[pa.Array]
    lines: NDArray[np.int64]
    """Line of each row, from 1."""
    widths: NDArray[np.int64]
    """Number of cells that each row has in the file; further ones are empty."""
    notes: list[str]
    delimiter: str


def split_cells(path: Path, text: str, delimiter: str | None) -> Split:
    """Split text into cells; blank lines and comments are left out.

    Parameters
    ----------
    delimiter
        A character or ``blanks``; None finds it.

    Raises
    ------
    DataError
        If there is nothing but comments, the quoting is broken or there are too many columns.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    first, told, notes = _preamble(lines)
    if first == len(lines):
        raise DataError(f"{path}: holds no data, only comments and blank lines")
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # whole books are cells too
    sample = [line for line in lines[first : first + SNIFFED] if line and not line.isspace()]
    delimiter = delimiter or told or find_delimiter(sample)
    if sample and (width := max(_widths(sample, delimiter), default=0)) > MOST_CELLS:
        raise DataError(f"{path}: has {width} columns; at most {MOST_CELLS} are read from text")
    return split_lines(path, lines[first:] if first else lines, delimiter, notes, before=first)


def split_lines(
    path: Path,
    lines: list[str],
    delimiter: str,
    notes: list[str],
    *,
    before: int,
    width: int | None = None,
) -> Split:
    """Split lines into cells.

    Parameters
    ----------
    before
        Lines of the file that stand before these.
    width
        Cells of the file's first row, if these do not begin with it.

    Raises
    ------
    DataError
        If the quoting is broken.
    """
    if delimiter != "\t" and any('"' in line for line in lines):
        return _quoted(path, lines, delimiter, notes, before, width)
    return _plain(lines, delimiter, notes, before, width)


def _preamble(lines: Sequence[str]) -> tuple[int, str | None, list[str]]:
    """Index of the first line of data, the delimiter that a ``sep=`` line tells, and notes."""
    notes, told, first = [], None, 0
    if found := SEP.fullmatch(lines[0].strip(" ")):
        told, first = found[1], 1
        notes.append(f"line 1 says that cells are separated by '{told}'")
    comments = []
    while first < len(lines) and (not lines[first].strip() or lines[first].lstrip()[0] == "#"):
        if lines[first].strip():
            comments.append(first)
        first += 1
    if comments:
        more = f" and {len(comments) - 1} more" if len(comments) > 1 else ""
        begin = shown(lines[comments[0]])
        notes.append(f"line {comments[0] + 1}{more} is a comment and was passed over: {begin}")
    return first, told, notes


def find_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that splits the lines evenly; of several, the first of MARKS.

    The first line may have one cell less, since exporters end rows, but not names, in a comma.
    A comma stands for one column where nothing splits the lines.
    """
    widths = {mark: _widths(lines, mark) for mark in MARKS}
    usual = {mark: Counter(each[1:] or each).most_common(1)[0] for mark, each in widths.items()}
    even = [
        mark
        for mark in MARKS
        if usual[mark][0] > 1
        and usual[mark][1] == len(widths[mark][1:] or widths[mark])
        and widths[mark][0] in (usual[mark][0], usual[mark][0] - 1)
    ]
    even.sort(key=lambda mark: widths[mark][0] < usual[mark][0])  # the first line counts too
    words = [line.split() for line in lines]
    blanks = len(words[0]) > 1 and len({len(each) for each in words}) == 1
    if even:
        decimal = all(PLAIN_NUMBER.fullmatch(word) for each in words[1:] for word in each)
        return BLANKS if even[0] == "," and blanks and decimal and len(words) > 1 else even[0]
    if blanks:
        return BLANKS
    mostly = [
        mark
        for mark in MARKS
        if usual[mark][0] > 1 and usual[mark][1] > MOSTLY * max(1, len(lines) - 1)
    ]
    if mostly:
        return max(mostly, key=lambda mark: usual[mark][1])
    uneven = [mark for mark in MARKS if max(widths[mark]) > 1]
    if not uneven and all(len(each) > 1 for each in words):
        return BLANKS
    return max(uneven, key=lambda mark: max(widths[mark])) if uneven else ","


def _widths(lines: Sequence[str], mark: str) -> list[int]:
    """Cells of each row; the last one of several may be cut within a quoted cell."""
    if mark == BLANKS:
        return [len(line.split()) for line in lines]
    if mark == "\t" or not any('"' in line for line in lines):
        return [line.count(mark) + 1 for line in lines]
    joined = io.StringIO("\n".join(lines), newline="")
    found = [len(row) for row in csv.reader(joined, delimiter=mark) if row]
    return found[:-1] if len(found) > 2 else found


def _plain(
    lines: list[str], delimiter: str, notes: list[str], before: int, width: int | None
) -> Split:
    """Split lines without quoting."""
    kept = [k for k, line in enumerate(lines) if line and not line.isspace()]
    chosen = lines if len(kept) == len(lines) else [lines[k] for k in kept]
    told = delimiter
    if delimiter == BLANKS:
        delimiter = "\t"
        chosen = ["\t".join(line.split()) for line in chosen]
    widths = np.fromiter((line.count(delimiter) for line in chosen), np.int64, len(chosen)) + 1
    usual = width or int(widths[0])
    comments = [k for k, line in enumerate(chosen) if line[0] == "#" and widths[k] != usual]
    numbers = np.asarray(kept, dtype=np.int64) + before + 1
    if comments:
        notes.append(_passed_over(numbers[comments[0]], len(comments)))
        data = np.delete(np.arange(len(chosen)), comments)
        chosen = [chosen[k] for k in data]
        widths, numbers = widths[data], numbers[data]
    most = int(widths.max(initial=usual))
    if widths.min(initial=most) < most:
        gaps = (most - widths).tolist()
        chosen = [line + delimiter * gap for line, gap in zip(chosen, gaps, strict=True)]
    return _with_cells(Split(_arrow(chosen, delimiter, most), numbers, widths, notes, told))


def _arrow(lines: list[str], delimiter: str, width: int) -> list[pa.Array]:
    """Split lines that all have ``width`` cells, without quoting."""
    if width == 1 or not lines:
        return [pa.array(lines, pa.large_string())] * width
    from pyarrow import csv as arrow_csv

    content = "\n".join(lines).encode()
    names = [str(place) for place in range(width)]
    table = arrow_csv.read_csv(
        pa.BufferReader(content),
        read_options=arrow_csv.ReadOptions(
            column_names=names, block_size=min(len(content) + 1, 2**30)
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=delimiter, quote_char=False, ignore_empty_lines=False
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()),
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    # One chunk each: the callers take cells by number.
    return [pa.concat_arrays(table.column(name).chunks) for name in names]


def _quoted(
    path: Path,
    lines: list[str],
    delimiter: str,
    notes: list[str],
    before: int,
    width: int | None,
) -> Split:
    """Split lines with quoting after RFC 4180: a cell in quotes may hold line ends."""
    text = "\n".join(lines)
    told = delimiter
    if delimiter == BLANKS:
        delimiter = "\t"
        text = re.sub(r'("(?:[^"]|"")*")|[ \t]+', lambda found: found[1] or "\t", text)
    spaced = re.search(rf'{re.escape(delimiter)} +"', text) is not None
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=spaced
    )
    rows: list[list[str]] = []
    numbers: list[int] = []
    comments: list[int] = []
    line = before + 1
    try:
        for row in reader:
            width = width or len(row)
            if row and row[0].startswith("#") and len(row) != width:
                comments.append(line)
            elif row:
                rows.append(row)
                numbers.append(line)
            line = before + reader.line_num + 1
    except csv.Error as error:
        what = str(error)
        if "unexpected end" in what:
            what = "a quotation mark is never closed; close it or double it"
        elif "expected after" in what:
            what = "text after a closing quotation mark; double the marks inside a cell"
        raise DataError(f"{path}:{line}: {what}") from None
    if comments:
        notes.append(_passed_over(comments[0], len(comments)))
    widths = np.fromiter(map(len, rows), np.int64, len(rows))
    rows[:1] = [row + [""] * ((width or 1) - len(row)) for row in rows[:1]]
    columns = [pa.array(each, pa.large_string()) for each in zip_longest(*rows, fillvalue="")]
    return _with_cells(Split(columns, np.asarray(numbers, np.int64), widths, notes, told))


def _with_cells(split: Split) -> Split:
    """Leave out rows whose cells are all blank, as spreadsheets write below their last row."""
    blank = np.ones(len(split.lines), dtype=bool)
    for column in split.columns:
        if not blank.any():
            return split
        blank &= (
            pa.compute.equal(pa.compute.utf8_trim_whitespace(column), "")
            .to_numpy(zero_copy_only=False)
            .astype(bool)
        )
    if not blank.any():
        return split
    kept = np.flatnonzero(~blank)
    split.notes.append(
        f"rows without any text were passed over: {blank.sum()}, the first in line "
        f"{split.lines[blank][0]}"
    )
    columns = [column.take(pa.array(kept)) for column in split.columns]
    return Split(columns, split.lines[kept], split.widths[kept], split.notes, split.delimiter)


def _passed_over(line: int, count: int) -> str:
    more = f" and {count - 1} more" if count > 1 else ""
    return f"line {line}{more} begins with # and has not the header's number of cells: passed over"
