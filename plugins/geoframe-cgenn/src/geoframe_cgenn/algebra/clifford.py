"""The Clifford algebra of any symmetric matrix, for single multivectors ``(..., D)``."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from geoframe_cgenn.algebra.blades import blades, conjugation_signs
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.algebra.outermorphism import apply_blocks, compound_matrices


class CliffordAlgebra(nn.Module):
    """Cl(V, q) with v w + w v = 2 v^T M w for vectors v, w.

    A full M is diagonalised once, M = P^T diag(lambda) P; products are taken in the eigenbasis,
    x -> C(P) x, with C the outermorphism (Ali et al. 2024, section 3.2, with P's rows the
    eigenvectors).

    Parameters
    ----------
    matrix
        Symmetric ``(n, n)``, of any signature, degenerate too; n is 1 ... 8.

    Raises
    ------
    ValueError
        If it is not square, not symmetric, not finite, or of integers.
    """

    matrix: Tensor
    squares: Tensor
    basis: Tensor
    coefficients: Tensor

    def __init__(self, matrix: Tensor) -> None:
        super().__init__()
        check_symmetric(matrix)
        self.n = matrix.shape[0]
        self.diagonal = bool((matrix == torch.diag(matrix.diagonal())).all())
        squares, vectors = matrix.diagonal(), torch.eye(self.n, dtype=torch.float64)
        if not self.diagonal:
            squares, vectors = torch.linalg.eigh(matrix.double())
        self.register_buffer("matrix", matrix.clone())
        self.register_buffer("squares", squares.to(matrix).clone())
        self.register_buffer("basis", vectors.T.to(matrix).contiguous())
        form = DiagonalForm(self.squares)
        self.register_buffer("coefficients", form.coefficients)

    def product(self, x: Tensor, y: Tensor) -> Tensor:
        """Geometric product of multivectors, broadcast over the leading axes."""
        if not self.diagonal:
            x, y = self._transformed(self.basis, x), self._transformed(self.basis, y)
        # The partner B of blade A in result J is A xor J: one gather, D^2 terms.
        partner = torch.as_tensor(blades(self.n).result, device=x.device)
        coefficients = self.coefficients.gather(1, partner)
        z = torch.einsum("...a,aj,...aj->...j", x, coefficients, y[..., partner])
        return z if self.diagonal else self._transformed(self.basis.T, z)

    def reversion(self, x: Tensor) -> Tensor:
        """Reverse the order of the factors: (-1)^(m(m-1)/2) on grade m."""
        return x * self._signs("reversion", x)

    def involution(self, x: Tensor) -> Tensor:
        """Negate every vector factor: (-1)^m on grade m."""
        return x * self._signs("involution", x)

    def conjugation(self, x: Tensor) -> Tensor:
        """Reverse and negate: (-1)^(m(m+1)/2) on grade m."""
        return x * self._signs("conjugation", x)

    def bilinear(self, x: Tensor, y: Tensor) -> Tensor:
        """Extended bilinear form, the scalar part of reversion(x) y -> ``(...)``."""
        if not self.diagonal:
            x, y = self._transformed(self.basis, x), self._transformed(self.basis, y)
        return (x * y * DiagonalForm(self.squares).blade_squares).sum(dim=-1)

    def form(self, x: Tensor) -> Tensor:
        """Extended quadratic form -> ``(...)``; negative or zero where M is indefinite."""
        return self.bilinear(x, x)

    def grade(self, x: Tensor, grade: int) -> Tensor:
        """Coordinates of one grade ``(..., C(n, grade))``."""
        return x[..., blades(self.n).slice(grade)]

    def embed(self, values: Tensor, grade: int) -> Tensor:
        """Multivectors with the given coordinates of one grade, and zero elsewhere."""
        where = blades(self.n).slice(grade)
        behind = blades(self.n).size - where.stop
        return nn.functional.pad(values, (where.start, behind))

    def versor(self, vectors: Tensor) -> Tensor:
        """Geometric product of vectors ``(..., k, n)`` -> ``(..., D)``."""
        factors = self.embed(vectors, 1).unbind(dim=-2)
        product = factors[0]
        for factor in factors[1:]:
            product = self.product(product, factor)
        return product

    def act(self, versor: Tensor, x: Tensor) -> Tensor:
        """Twisted conjugation: w x_even w^-1 + (-1)^parity w x_odd w^-1.

        On vectors these are all isometries of (V, q); on multivectors they preserve products,
        grades and the form (Ruhe et al. 2023, section 3).

        Parameters
        ----------
        versor
            Products of vectors with q(v) different from 0, of one parity each.
        """
        inverse = self.reversion(versor) / self.form(versor).unsqueeze(-1)
        grades = torch.as_tensor(blades(self.n).grades, device=x.device)
        odd_part = (versor * (grades % 2)).abs().sum(dim=-1, keepdim=True)
        even_part = (versor * (1 - grades % 2)).abs().sum(dim=-1, keepdim=True)
        twisted = torch.where(odd_part > even_part, self.involution(x), x)
        return self.product(self.product(versor, twisted), inverse)

    def transform(self, a: Tensor, x: Tensor) -> Tensor:
        """Apply the outermorphism of a linear map ``(n, n)``."""
        return self._transformed(a, x)

    def _transformed(self, a: Tensor, x: Tensor) -> Tensor:
        return apply_blocks(compound_matrices(a.to(x)), x)

    def _signs(self, kind: str, x: Tensor) -> Tensor:
        return torch.as_tensor(conjugation_signs(self.n, kind)).to(x)

    def extra_repr(self) -> str:
        """Show dimension and signature in ``repr``."""
        counts = [(self.squares > 0).sum(), (self.squares < 0).sum(), (self.squares == 0).sum()]
        return f"n={self.n}, signature={tuple(int(count) for count in counts)}"


def check_symmetric(matrix: Tensor) -> None:
    """Raise ``ValueError`` unless ``matrix`` is real, square, finite and symmetric."""
    if not matrix.is_floating_point():  # an eigenbasis would be rounded to it
        raise ValueError(f"the matrix of a form must be float32 or float64, not {matrix.dtype}")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"a form has a square matrix, not one of shape {tuple(matrix.shape)}")
    if not matrix.isfinite().all():
        raise ValueError("the matrix of a form holds a number that is not finite")
    scale = float(matrix.abs().max())
    if float((matrix - matrix.T).abs().max()) > 1e-5 * scale:
        raise ValueError("the matrix of a form must be symmetric")
