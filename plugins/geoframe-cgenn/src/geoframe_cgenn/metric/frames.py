"""From a metric to the frame in which it is diagonal, and back. Nothing here is a network."""

from __future__ import annotations

import functools

import attrs
import torch
from torch import Tensor

from geoframe_cgenn.algebra.clifford import check_symmetric
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.algebra.outermorphism import compound_matrices

NEGLIGIBLE = 1e-12
"""Eigenvalues below this share of the largest count as zero."""


@attrs.frozen(eq=False)
class Frame:
    """M = A^T diag(squares) A: vectors v have coordinates A v in an orthogonal basis."""

    matrix: Tensor
    """A ``(n, n)``."""
    form: DiagonalForm
    """The form in that basis."""

    def enter(self, values: Tensor, grade: int = 1) -> Tensor:
        """Coordinates ``(..., C(n, grade))`` of the data -> coordinates in the frame."""
        return values if grade == 0 else values @ self._forth[grade].T

    def leave(self, values: Tensor, grade: int = 1) -> Tensor:
        """Coordinates in the frame -> coordinates of the data; undoes :meth:`enter`."""
        return values if grade == 0 else values @ self._back[grade].T

    @functools.cached_property
    def _forth(self) -> list[Tensor]:
        return compound_matrices(self.matrix)

    @functools.cached_property
    def _back(self) -> list[Tensor]:
        return compound_matrices(torch.linalg.inv(self.matrix))


def congruence(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Write a symmetric M as A^T eta A with A invertible and eta of +1, -1 and 0.

    Parameters
    ----------
    matrix
        Symmetric ``(n, n)``.

    Returns
    -------
    tuple
        A ``(n, n)`` and the diagonal of eta ``(n,)``, in the dtype of ``matrix``. A diagonal M
        keeps the order of its coordinates.

    Raises
    ------
    ValueError
        If the matrix is not symmetric or not finite.
    """
    check_symmetric(matrix)
    exact = matrix.double()
    if torch.equal(exact, torch.diag(exact.diagonal())):
        values, rows = exact.diagonal(), torch.eye(len(exact), dtype=torch.float64)
    else:
        values, vectors = torch.linalg.eigh(exact)
        rows = vectors.T
    zero = values.abs() <= NEGLIGIBLE * values.abs().max()
    lengths = torch.where(zero, 1.0, values.abs()).sqrt()
    eta = torch.where(zero, 0.0, values.sign())
    return (lengths.unsqueeze(1) * rows).to(matrix), eta.to(matrix)
