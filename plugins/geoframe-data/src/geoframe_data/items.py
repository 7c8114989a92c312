"""Items as arrays, with what belongs to them. Torch-free."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_data.labels import Labels
from geoframe_data.schema import Schema

BLOCK = 8192
"""Items that are hashed at once; they may be larger than memory."""


@attrs.frozen(kw_only=True, eq=False)
class Items:
    """Items of one shape: rows of a table, arrays, images, points."""

    data: NDArray[Any]
    """``(n, *item_shape)``; images are ``(n, h, w)`` or ``(n, h, w, channels)``."""
    origin: str
    """Where they come from, for messages."""
    kind: Literal["arrays", "images", "table", "points"] = "arrays"
    """What they were read as."""
    labels: NDArray[np.int64] | None = None
    """Class of each item ``(n,)``: its number, or the whole number that the user wrote."""
    label_names: tuple[str, ...] = ()
    """Name of each class, if classes have names."""
    columns: tuple[str, ...] = ()
    """Names of the values of an item that was a row of a table."""
    names: tuple[str, ...] = ()
    """Name of each item, if items have names."""
    notes: tuple[str, ...] = ()
    """What was left out, repaired or assumed while reading, a sentence each."""
    schema: Schema | None = None
    """Types of the columns that were read, by which new rows are read."""

    def __len__(self) -> int:
        return len(self.data)

    def first(self, n: int | None) -> Items:
        """Return the first ``n`` items, or all."""
        labels = None if self.labels is None else self.labels[:n]
        return attrs.evolve(self, data=self.data[:n], labels=labels, names=self.names[:n])

    def fingerprint(self) -> str:
        """SHA-256 of shape, type, values and labels, read block by block."""
        shape, dtype = tuple(self.data.shape), self.data.dtype.name
        digest = hashlib.sha256(repr((shape, f"torch.{dtype}")).encode())
        for first in range(0, len(self.data), BLOCK):
            digest.update(np.ascontiguousarray(self.data[first : first + BLOCK]).tobytes())
        if self.labels is not None:
            digest.update(self.labels.tobytes())
        return digest.hexdigest()

    def name(self, row: int) -> str:
        """Name of an item, or its number."""
        return self.names[row] if self.names else str(row)

    @property
    def is_image(self) -> bool:
        """Whether an item looks like an image."""
        shape = self.data.shape[1:]
        return len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3, 4))


def class_numbers(labels: Labels) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels of items: whole numbers stay what they are and have no names, others are numbered."""
    values = labels.values()
    if values.dtype.kind == "i":
        return values.astype(np.int64), ()
    return labels.codes, labels.names
