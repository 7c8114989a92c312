"""What a network takes: sets of particles with scalars and vectors, as flat rows."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor
from torch.nn.functional import pad


@attrs.frozen(eq=False)
class Particles:
    """Rows in sets of any sizes; rows of a set follow one another. Made by :func:`particles`."""

    scalars: Tensor
    """``(r, s)``."""
    vectors: Tensor
    """``(r, v, n)``, in the coordinates of the data."""
    sizes: Tensor
    """Number of rows of each set ``(g,)``."""
    sets: Tensor
    """Number of the set of each row ``(r,)``."""
    receivers: Tensor
    """First ends of all ordered pairs within sets ``(e,)``, ascending; empty if not asked for."""
    senders: Tensor
    """Second ends of the pairs ``(e,)``."""
    partners: int | None = None
    """Number of pairs of each receiver, if it is the same for all."""

    def features(self, vectors: Tensor) -> Tensor:
        """Scalars and vectors as channels of grades 0 and 1 ``(1 + n, r, s + v)``.

        Parameters
        ----------
        vectors
            The vectors, in the frame that the network works in ``(r, v, n)``.
        """
        vectors = vectors.permute(2, 0, 1)
        scalars = self.scalars.unsqueeze(0)
        behind = pad(scalars, (0, self.vectors.shape[1]))
        return torch.cat([behind, pad(vectors, (self.scalars.shape[1], 0))])


def particles(
    scalars: Tensor, vectors: Tensor, sizes: Tensor | None = None, *, pairs: bool = False
) -> Particles:
    """Put rows together with what their sets imply.

    Parameters
    ----------
    scalars, vectors
        ``(r, s)`` and ``(r, v, n)``.
    sizes
        Number of rows of each set ``(g,)``; None makes every row a set of its own.
    pairs
        Whether the pairs within sets are wanted.
    """
    rows = torch.arange(len(vectors), device=vectors.device)
    none = rows[:0]
    if sizes is None:
        return Particles(scalars, vectors, torch.ones_like(rows), rows, none, none)
    numbers = torch.arange(len(sizes), device=sizes.device)
    sets = numbers.repeat_interleave(sizes)
    if not pairs:
        return Particles(scalars, vectors, sizes, sets, none, none)
    receivers, senders = _pairs(sizes, sets, rows)
    equal = len(sizes) > 0 and bool((sizes == sizes[0]).all())
    partners = len(receivers) // len(rows) if equal else None
    return Particles(scalars, vectors, sizes, sets, receivers, senders, partners)


def _pairs(sizes: Tensor, sets: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Receivers and senders of all ordered pairs of different rows of a set."""
    size_of_row = sizes[sets]
    first_of_row = (sizes.cumsum(0) - sizes)[sets]
    receivers = rows.repeat_interleave(size_of_row)
    starts = size_of_row.cumsum(0) - size_of_row
    within = torch.arange(len(receivers), device=rows.device) - starts[receivers]
    senders = first_of_row[receivers] + within
    different = receivers != senders
    return receivers[different], senders[different]


def set_sums(x: Tensor, sets: Tensor, count: int) -> Tensor:
    """Sum rows ``(..., r, c)`` of each set -> ``(..., count, c)``."""
    return x.new_zeros(*x.shape[:-2], count, x.shape[-1]).index_add(-2, sets, x)
