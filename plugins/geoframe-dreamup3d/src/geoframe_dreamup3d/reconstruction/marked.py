"""Few marked points of many clusters as one list of rows, so that networks see no others."""

from __future__ import annotations

import attrs
from torch import Tensor
from torch.nn import functional

PADDED = 1024
"""Rows are filled up to a multiple of this: oneDNN compiles each product of a new size anew."""


@attrs.frozen(eq=False)
class Marked:
    """Where flags ``(b, k, n)`` are set, row by row; what is filled up repeats the first entry."""

    flags: Tensor
    count: int
    """Flags that are set."""
    image: Tensor
    """``(m,)``."""
    cluster: Tensor
    """Within its image ``(m,)``."""
    point: Tensor
    """Within its image ``(m,)``."""

    @classmethod
    def where(cls, flags: Tensor) -> Marked:
        """List the flags that are set."""
        found = flags.nonzero()
        filled = functional.pad(found, (0, 0, 0, -len(found) % PADDED))
        return cls(flags, len(found), *filled.unbind(1))

    @property
    def owner(self) -> Tensor:
        """Cluster of each row, counted over all images ``(m,)``."""
        return self.image * self.flags.shape[1] + self.cluster

    def rows(self, values: Tensor) -> Tensor:
        """What each cluster has at its points ``(b, k, n, ...)`` -> ``(m, ...)``."""
        return values[self.image, self.cluster, self.point]

    def own(self, rows: Tensor) -> Tensor:
        """Rows ``(m, ...)`` without those that are filled up."""
        return rows[: self.count]

    def back(self, rows: Tensor, fill: float) -> Tensor:
        """Rows ``(m, ...)`` in their places ``(b, k, n, ...)``, and ``fill`` elsewhere."""
        flags = self.flags.reshape(*self.flags.shape, *[1] * (rows.dim() - 1))
        empty = rows.new_full((*self.flags.shape, *rows.shape[1:]), fill)
        return empty.masked_scatter(flags, self.own(rows))
