"""The Geometry interface: a space that points live in and distances come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol, runtime_checkable

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

    def extra_repr(self) -> str:
        """Show the dimension in ``repr``."""
        return f"dim={self.dim}"


@runtime_checkable
class PartialOrder(Protocol):
    """Capability: some points precede others (reflexive, transitive, antisymmetric on points)."""

    def order_gap(self, x: Tensor, y: Tensor) -> Tensor:
        """Differentiable gaps ``(..., t)``; x precedes y iff no gap is positive."""
        ...

    def precedes(self, x: Tensor, y: Tensor) -> Tensor:
        """Whether x precedes y, boolean ``(...)``."""
        ...


@runtime_checkable
class TangentMaps(Protocol):
    """Capability: exponential and logarithmic map at the origin."""

    def expmap0(self, tangent: Tensor) -> Tensor:
        """Tangent vectors ``(..., dim)`` at the origin -> points ``(..., point_dim)``."""
        ...

    def logmap0(self, x: Tensor) -> Tensor:
        """Points ``(..., point_dim)`` -> tangent vectors ``(..., dim)`` at the origin."""
        ...


@runtime_checkable
class BilinearForm(Protocol):
    """Capability: a symmetric bilinear form on the coordinate vectors."""

    def inner(self, x: Tensor, y: Tensor) -> Tensor:
        """Bilinear form of ``(..., point_dim)`` vectors -> ``(...)``."""
        ...
