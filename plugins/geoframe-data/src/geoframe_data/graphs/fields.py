"""Which columns, attributes or arrays are an edge's ends, its length and a node's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs

from geoframe.data import listed, shown
from geoframe.errors import DataError, did_you_mean

ENDS = (("source", "target"), ("from", "to"), ("parent", "child"), ("u", "v"))
"""Names of the two ends of an edge; any pair stands for any other, unless others are named."""
LENGTHS = ("weight", "length")
"""Names of an edge's length; each stands for the other, the first first."""
LIKELY_LENGTHS = ("branch_length", "distance", "dist")
"""Names that are taken for a length too, and noted."""
COUNTS = ("id", "key", "index", "edge_id", "suid")
"""Numbers that tell edges apart, and are no lengths."""
MOMENTS = ("time", "date", "year", "timestamp")
"""Numbers that are hardly lengths, and not taken for them without a word from the user."""
NAMES = ("name", "label")
"""Attributes that name a node."""


class Columns(Protocol):
    """Anything that finds a column by the first of several names."""

    def find(self, *wanted: str) -> int | None:
        """Return the place of the first of these names that is there, whatever its case."""


@attrs.frozen(kw_only=True)
class Fields:
    """What a reader looks for; the arguments of :func:`geoframe_data.read_graph` as one value."""

    source: str = "source"
    target: str = "target"
    weight: str = "weight"
    guess_weight: bool = True
    time: str | None = None
    features: Sequence[str] = ("*",)
    name: str = "name"
    node_table: bool = False
    """Whether features and times come from a table of nodes and not from the file of edges."""
    roots: bool = False
    """Whether an edge without a source is a node that hangs from nothing."""

    @property
    def wanted(self) -> tuple[str, ...]:
        """Names of columns that tell a header."""
        ends = {self.source, self.target, *(end for pair in ENDS for end in pair)}
        return (*sorted(ends), self.weight, *LENGTHS)

    def ends(self, columns: Columns) -> tuple[int, int] | None:
        """Places of source and target: under their own names, else under any pair of ENDS."""
        pairs = [(self.source, self.target)]
        if pairs[0] in ENDS:
            pairs += ENDS
        for source, target in pairs:
            first, second = columns.find(source), columns.find(target)
            if first is not None and second is not None:
                return first, second
        return None

    def length(self, numeric: Mapping[str, bool], where: str) -> tuple[str | None, str | None]:
        """Choose the length of the edges.

        Parameters
        ----------
        numeric
            Name of every other column -> whether it holds numbers (and gaps) alone.
        where
            The file, for messages.

        Returns
        -------
        tuple
            The column, None if there is none; and a sentence for the user if it was guessed.

        Raises
        ------
        DataError
            If the column the user named is missing, or if several columns could be the length.
        """
        named = [self.weight, *(LENGTHS if self.weight in LENGTHS else ())]
        lower = {name.lower(): name for name in numeric}
        found = next((lower[name.lower()] for name in named if name.lower() in lower), None)
        if found is not None or not self.guess_weight:
            return found, None
        if self.weight not in LENGTHS:
            raise self._unnamed(where, [*numeric])
        numbers = [name for name, number in numeric.items() if number]
        others = [name for name in numbers if name.lower() in LIKELY_LENGTHS]
        others = others or [name for name in numbers if name.lower() not in COUNTS]
        if not others:
            return None, None
        if len(others) > 1 or others[0].lower() in MOMENTS:
            raise self._unnamed(where, others)
        note = f"took the numbers in '{shown(others[0])}' for the lengths of the edges"
        return others[0], note

    def _unnamed(self, where: str, others: Sequence[str]) -> DataError:
        known = f" (others: {listed(others)})" if others else ""
        return DataError(
            f"{where}: no '{shown(self.weight)}' on the edges{did_you_mean(self.weight, others)}"
            f"{known}; name it with data.weight, or set data.missing_weight to one or cosine"
        )
