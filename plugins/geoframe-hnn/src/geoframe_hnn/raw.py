"""A tree as it stands in a file, and how messages name its parts."""

from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError

MAX_SHOWN = 60
"""Longest stretch of a user's text that a message repeats."""


@attrs.frozen(kw_only=True, eq=False)
class RawTree:
    """Nodes and edges before any check: cycles, several roots and bad lengths included."""

    origin: str
    """What messages call it: the file's path, or a dataset's name."""
    names: tuple[str, ...]
    """Names of the nodes; empty where a node has none."""
    edges: NDArray[np.int64]
    """``(e, 2)``, parent and child as indices into ``names``."""
    lengths: NDArray[np.float64] | None = None
    """``(e,)``, NaN where one is missing; None if the file has none."""
    directed: bool = True
    """Whether the edges say which end is the parent."""
    features: NDArray[np.float32] | None = None
    repairs: tuple[str, ...] = ()

    def edge(self, index: int) -> str:
        """Name an edge: ``'a' -> 'b'``."""
        parent, child = self.edges[index]
        return f"{self.node(parent)} -> {self.node(child)}"

    def node(self, index: int) -> str:
        """Name a node, or say which of the unnamed it is."""
        return f"'{shown(self.names[index])}'" if self.names[index] else f"unnamed node {index}"


def shown(text: object) -> str:
    """Return a user's text on one line, cut short if it is long."""
    plain = " ".join(str(text).split())
    return plain if len(plain) <= MAX_SHOWN else f"{plain[: MAX_SHOWN - 1]}…"


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
        raise DataError(
            f"{path}: is a folder; set data.format to 'folder' or name a file"
        ) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    if not content.strip():
        raise DataError(f"{path}: the file is empty")
    return content


def read_text(path: Path) -> str:
    """Read UTF-8 text, with or without a byte order mark.

    Raises
    ------
    DataError
        As :func:`read_bytes`, or naming the line of the first byte that is not UTF-8.
    """
    content = read_bytes(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}:{line}: not UTF-8 text; save the file as UTF-8") from None
