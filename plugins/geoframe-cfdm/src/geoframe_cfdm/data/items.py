"""Items with what belongs to them."""

from __future__ import annotations

import hashlib
from typing import Literal

import attrs
import torch
from torch import Tensor


@attrs.frozen(kw_only=True, eq=False)
class Items:
    """What a reader returns."""

    data: Tensor
    """``(n, *item_shape)``; images are ``(n, h, w)`` or ``(n, h, w, channels)``."""
    origin: str
    """Where they come from, for messages."""
    kind: Literal["arrays", "images", "table", "points"] = "arrays"
    """What they were read as."""
    labels: Tensor | None = None
    """Integers ``(n,)``."""
    label_names: tuple[str, ...] = ()
    """Name of each label, if labels have names."""
    columns: tuple[str, ...] = ()
    """Names of the values of an item that was a row of a table."""
    left_out: tuple[str, ...] = ()
    """Columns of the table that are no numbers, and so no part of an item."""
    names: tuple[str, ...] = ()
    """Name of each item, if items have names."""

    def first(self, n: int | None) -> Items:
        """Return the first ``n`` items, or all."""
        labels = None if self.labels is None else self.labels[:n]
        return attrs.evolve(self, data=self.data[:n], labels=labels, names=self.names[:n])

    def fingerprint(self) -> str:
        """SHA-256 of shape, type and values, read block by block."""
        digest = hashlib.sha256(repr((tuple(self.data.shape), str(self.data.dtype))).encode())
        for part in torch.split(self.data, 8192):
            digest.update(part.contiguous().numpy().tobytes())
        if self.labels is not None:
            digest.update(self.labels.numpy().tobytes())
        return digest.hexdigest()

    def name(self, row: int) -> str:
        """Name of an item, or its number."""
        return self.names[row] if self.names else str(row)

    @property
    def is_image(self) -> bool:
        """Whether an item looks like an image."""
        shape = self.data.shape[1:]
        return len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3, 4))
