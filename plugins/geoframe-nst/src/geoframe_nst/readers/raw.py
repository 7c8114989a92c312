"""What a reader returns before any policy is applied, and how messages name its edges."""

from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError
from geoframe_nst.graph import Edges, Features, Floats

MAX_SHOWN = 60
"""Longest stretch of a user's text that a message repeats."""


@attrs.frozen(kw_only=True, eq=False)
class RawGraph:
    """A graph as it stands in a file: loops, duplicates, cycles and bad weights included."""

    origin: str
    """What messages call it: the file's path, or a dataset's name."""
    names: tuple[str, ...]
    edges: Edges
    """int64 ``(E, 2)``, indices into ``names``."""
    weights: Floats | None
    """float64 ``(E,)``, or None if the file has none."""
    features: Features | None = None
    times: Floats | None = None
    lines: NDArray[np.int64] | None = None
    """Line of each edge in a text file, from 1."""
    unused: tuple[str, ...] = ()
    """Edge columns or attributes that were not asked for."""
    repairs: tuple[str, ...] = ()

    def edge(self, index: int) -> str:
        """Name an edge: ``'a' -> 'b'``."""
        source, target = self.edges[index]
        return f"'{shown(self.names[source])}' -> '{shown(self.names[target])}'"

    def where(self, index: int) -> str:
        """Name the place of an edge: ``edges.csv:12`` or the file alone."""
        return self.origin if self.lines is None else f"{self.origin}:{self.lines[index]}"

    def take_edges(self, kept: NDArray[np.int64], repair: str) -> RawGraph:
        """Keep the edges of these indices, and record why."""
        return attrs.evolve(
            self,
            edges=self.edges[kept],
            weights=None if self.weights is None else self.weights[kept],
            lines=None if self.lines is None else self.lines[kept],
            repairs=(*self.repairs, repair),
        )


def shown(text: object) -> str:
    """Return a user's text on one line, cut short if it is long."""
    plain = " ".join(str(text).split())
    return plain if len(plain) <= MAX_SHOWN else f"{plain[: MAX_SHOWN - 1]}…"


def listed(names: tuple[str, ...] | list[str]) -> str:
    """List names in a message, the first ten of them."""
    more = f", ... ({len(names)} in all)" if len(names) > 10 else ""
    return ", ".join(shown(name) for name in names[:10]) + more


def read_bytes(path: Path) -> bytes:
    """Read a user's file.

    Raises
    ------
    DataError
        If it is missing, empty, a folder or not readable.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise DataError(f"{path}: is a folder; name a file in it") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    if not content.strip():
        raise DataError(f"{path}: the file is empty")
    return content


def decode(path: Path, content: bytes) -> str:
    """Decode UTF-8 text, with or without a byte order mark.

    Raises
    ------
    DataError
        Naming the line of the first byte that is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}:{line}: not UTF-8 text; save the file as UTF-8") from None
