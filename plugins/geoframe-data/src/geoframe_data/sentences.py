"""Texts that are one sentence a line, whose blanks and commas separate no cells. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geoframe.errors import DataError
from geoframe.suggestion import Guess
from geoframe_data.files import open_file, read_head
from geoframe_data.formats import content_kind
from geoframe_data.roles import WORDS

SAMPLE = 200
"""Lines that are looked at."""
SEPARATORS = re.compile(r"[\t;|]|,\S")
"""What separates cells, and hardly words: a comma of a sentence is followed by a blank."""
WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*[.,:!?\"')]*")
MOSTLY = 0.8
"""Share of the pieces between blanks that are words."""


def guess_sentences(path: Path) -> Guess | None:
    """Say of a text that it is sentences, one a line, if it is; no method reads it as a table.

    Raises
    ------
    DataError
        If it cannot be read at all.
    """
    if content_kind(read_head(path)) is not None:
        return None
    try:
        lines = [line for line in open_file(path).text().splitlines() if line.strip()]
    except DataError:  # no text; readers of other formats say what is wrong
        return None
    if not _are_sentences(lines[:SAMPLE]):
        return None
    return Guess(
        path=path,
        kind="texts",
        value=lines,
        said=(
            f"{len(lines):,} lines of text, without labels.",
            "To learn from them, write a table with a line of names, such as: text,label",
        ),
        facts={"items": len(lines), "labelled": False},
    )


def _are_sentences(lines: Sequence[str]) -> bool:
    if len(lines) < 2 or any(SEPARATORS.search(line) for line in lines):
        return False
    pieces = [line.split() for line in lines]
    counts = [len(each) for each in pieces]
    if np.mean(counts) < WORDS or len({*counts}) == 1:
        return False
    words = sum(WORD.fullmatch(piece) is not None for each in pieces for piece in each)
    return words >= MOSTLY * sum(counts)
