"""What the readers return: distances, edges or points, as they stand in the file."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray


@attrs.frozen(kw_only=True, eq=False)
class RawDistances:
    """A matrix, not yet checked."""

    origin: str
    """Where it is from, for messages."""
    names: tuple[str, ...]
    distances: NDArray[np.float64]
    """``(n, n)``, or another shape, which is then refused."""


@attrs.frozen(kw_only=True, eq=False)
class RawEdges:
    """Edges between names, not yet checked; their direction does not count."""

    origin: str
    names: tuple[str, ...]
    ends: NDArray[np.int64]
    """``(e, 2)`` positions in ``names``."""
    lengths: NDArray[np.float64]
    """``(e,)``."""
    features: NDArray[np.float32] | None = None


@attrs.frozen(kw_only=True, eq=False)
class RawPoints:
    """Rows of numbers, not yet checked."""

    origin: str
    names: tuple[str, ...]
    points: NDArray[np.float64]
    """``(n, f)``."""


Raw = RawDistances | RawEdges | RawPoints


def numbered(n: int) -> tuple[str, ...]:
    """Names for items that have none: 0, 1, ..."""
    return tuple(map(str, range(n)))


def as_names(values: Any) -> tuple[str, ...]:
    """Names from any array or column."""
    found = np.asarray(values).reshape(-1)
    if found.dtype.kind == "S":
        found = np.char.decode(found, "utf-8", "backslashreplace")
    return tuple(str(value) for value in found.tolist())
