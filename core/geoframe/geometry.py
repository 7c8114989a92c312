"""The Geometry interface: a space that points live in and distances come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

import attrs
import torch
from torch import Tensor, nn

DEFAULT_MEMORY_BUDGET = 256 * 2**20
"""Bytes that :meth:`Geometry.pairwise` may use beyond its result."""


@attrs.frozen(kw_only=True)
class Promise:
    """What a geometry's ``distance`` promises; the conformance suite holds it to that."""

    symmetric: bool = True
    """d(x, y) = d(y, x)."""
    nonnegative: bool = True
    """d(x, y) >= 0."""
    identity: bool = True
    """d(x, y) = 0 exactly if x = y; without it only d(x, x) = 0 is kept, if ``nonnegative``."""
    relaxation: float | None = 1.0
    """Smallest known K with d(x, z) <= K (d(x, y) + d(y, z)): 1 for a metric, None for none."""


class Geometry(nn.Module, ABC):
    """A (possibly trainable) space over points of shape ``(..., point_dim)``.

    Parameters
    ----------
    dim
        Number of free coordinates of a point: what an embedder has to put out.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        if dim < 1:
            raise ValueError(f"dim must be at least 1, got {dim}")
        self.dim = dim

    @property
    def point_dim(self) -> int:
        """Length of a point's coordinate vector; differs from ``dim`` for an ambient model."""
        return self.dim

    @property
    def promise(self) -> Promise:
        """What ``distance`` promises, for the current parameters."""
        return Promise()

    @abstractmethod
    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Distance of points ``(..., point_dim)``, broadcast over the leading axes -> ``(...)``.

        Gradients are finite everywhere, at coincident and at far points too.
        """

    def project(self, raw: Tensor) -> Tensor:
        """Map raw coordinates ``(..., dim)`` to valid points ``(..., point_dim)``."""
        return raw

    def pairwise(
        self, x: Tensor, y: Tensor, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> Tensor:
        """All distances between ``(n, point_dim)`` and ``(m, point_dim)`` -> ``(n, m)``.

        Parameters
        ----------
        memory_budget
            Bytes that the intermediate differences of one block of rows may take. The result
            itself is not counted; under autograd neither is what the graph keeps.
        """
        row_bytes = max(1, y.shape[0] * self.point_dim * y.element_size() * 4)
        rows = max(1, memory_budget // row_bytes)
        blocks = [
            self.distance(block.unsqueeze(1), y.unsqueeze(0)) for block in torch.split(x, rows)
        ]
        return torch.cat(blocks) if blocks else x.new_zeros((0, y.shape[0]))

    def row_blocks(
        self, x: Tensor, y: Tensor, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> Iterator[tuple[slice, Tensor]]:
        """All distances a block of rows at a time, for whoever keeps only some of them.

        Parameters
        ----------
        x, y
            Points ``(n, point_dim)`` and ``(m, point_dim)``.
        memory_budget
            Bytes of one block and of what it takes to compute it.

        Yields
        ------
        tuple
            Which rows of ``x``, and their distances to all of ``y`` ``(rows, m)``.
        """
        rows = max(1, memory_budget // 2 // max(1, y.shape[0] * y.element_size()))
        for first in range(0, x.shape[0], rows):
            block = slice(first, min(first + rows, x.shape[0]))
            yield block, self.pairwise(x[block], y, memory_budget=memory_budget // 2)

    def nearest(
        self, x: Tensor, y: Tensor, k: int, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> tuple[Tensor, Tensor]:
        """The k points of ``y`` that are nearest to each point of ``x``, nearest first.

        Distances are taken from x to y, which matters if they are not symmetric; of points at
        equal distance the one with the lower number comes first.

        Parameters
        ----------
        x, y
            Points ``(n, point_dim)`` and ``(m, point_dim)``.
        k
            How many; all of ``y`` if there are fewer.
        memory_budget
            As in :meth:`row_blocks`.

        Returns
        -------
        tuple
            Distances ``(n, k)`` and int64 numbers of points of ``y`` ``(n, k)``.
        """
        k = min(k, y.shape[0])
        distances = x.new_zeros((x.shape[0], k))
        numbers = torch.zeros((x.shape[0], k), dtype=torch.int64, device=x.device)
        for rows, block in self.row_blocks(x, y, memory_budget=memory_budget):
            nearest, number = _smallest(block, k)
            distances[rows], numbers[rows] = nearest.to(distances), number
        return distances, numbers

    def extra_repr(self) -> str:
        """Show the dimension in ``repr``."""
        return f"dim={self.dim}"


def _smallest(block: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Find the k smallest of each row, in order, equal ones by their number; NaN comes last."""
    if not k:
        return block[:, :0], torch.zeros((len(block), 0), dtype=torch.int64, device=block.device)
    block = block.nan_to_num(nan=torch.inf, posinf=torch.inf, neginf=-torch.inf)
    kth = block.kthvalue(k, dim=-1, keepdim=True).values
    # topk may take any of the values equal to the k-th; prefer those with low numbers.
    wanted, tied = block < kth, block == kth
    room = k - wanted.sum(-1, keepdim=True)
    wanted |= tied & (tied.cumsum(-1) <= room)
    numbers = wanted.nonzero()[:, 1].view(len(block), k)
    values, order = block.gather(-1, numbers).sort(dim=-1, stable=True)
    return values, numbers.gather(-1, order)
