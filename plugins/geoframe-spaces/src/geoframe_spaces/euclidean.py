"""Euclidean space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from geoframe.geometry import DEFAULT_MEMORY_BUDGET
from geoframe_spaces.blocks import euclidean_pairs
from geoframe_spaces.forms import DiagonalForm
from geoframe_spaces.functions import at_least_float32, norm

if TYPE_CHECKING:
    import geoopt


class Euclidean(DiagonalForm):
    """R^dim with d(x, y) = |x - y|."""

    def __init__(self, dim: int = 2) -> None:
        super().__init__(dim, [1.0] * dim)

    def sectional_curvature(self) -> Tensor:
        """Zero."""
        return self.signature.new_zeros(())

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Straight-line distance."""
        return norm(x - y)

    def pairwise(
        self, x: Tensor, y: Tensor, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> Tensor:
        """All distances -> ``(n, m)``, without memory beyond the result."""
        return euclidean_pairs(x, y)

    def project(self, raw: Tensor) -> Tensor:
        """Raw coordinates are points."""
        return at_least_float32(raw)

    def expmap0(self, tangent: Tensor) -> Tensor:
        """Identity."""
        return tangent

    def logmap0(self, x: Tensor) -> Tensor:
        """Identity."""
        return x

    @property
    def manifold(self) -> geoopt.Euclidean:
        """The same space in geoopt, for its Riemannian optimizers."""
        import geoopt  # compiles helpers on import: about a second

        return geoopt.Euclidean(ndim=1)
