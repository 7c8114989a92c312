"""A quadratic form in an orthogonal basis, and what follows from its values there."""

from __future__ import annotations

import functools

import attrs
import torch
from torch import Tensor

from geoframe_cgenn.algebra.blades import Blades, blades


@attrs.frozen(eq=False)
class DiagonalForm:
    """q(v) = sum of squares_i v_i^2: all that a layer has to know of the metric.

    It is made anew from the metric in every forward pass and handed to each layer, so that no
    layer can keep an old one. Gradients pass through it.
    """

    squares: Tensor
    """e_i e_i, ``(n,)``."""

    @property
    def n(self) -> int:
        """Dimension of V."""
        return self.squares.shape[0]

    @property
    def blades(self) -> Blades:
        """Tables of the blades."""
        return blades(self.n)

    @functools.cached_property
    def blade_squares(self) -> Tensor:
        """Extended form of each blade: product of the squares of its vectors, ``(D,)``."""
        members = _members(self.n).to(self.squares.device)
        return torch.where(members, self.squares, torch.ones_like(self.squares)).prod(dim=-1)

    @functools.cached_property
    def coefficients(self) -> Tensor:
        """c(A, B) in e_A e_B = c(A, B) e_(A xor B), ``(D, D)``."""
        tables = self.blades
        sign = torch.as_tensor(tables.sign).to(self.squares)
        common = torch.as_tensor(tables.common, device=self.squares.device)
        return sign * self.blade_squares[common]

    @functools.cached_property
    def numbers(self) -> list[list[float]]:
        """The coefficients as Python numbers, for kernels that take no gradient of them."""
        values: list[list[float]] = self.coefficients.detach().tolist()
        return values

    def cayley(self) -> Tensor:
        """Dense table ``(D, D, D)`` [left, result, right], as the published layers keep it."""
        size = self.blades.size
        result = torch.as_tensor(self.blades.result, device=self.squares.device)
        table = self.squares.new_zeros(size, size, size)
        return table.scatter(1, result.unsqueeze(1), self.coefficients.unsqueeze(1))


@functools.cache
def _members(n: int) -> Tensor:
    """Whether blade I has the factor e_i, ``(D, n)``."""
    return torch.tensor([[bool(bitmap >> i & 1) for i in range(n)] for bitmap in blades(n).bitmaps])
