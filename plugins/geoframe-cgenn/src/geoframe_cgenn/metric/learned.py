"""Metrics of a network: fixed, or learned in one of two parametrisations.

``FrameMetric`` learns A in M = A^T eta A ("route F"): the signature eta is constant, and no
eigendecomposition is needed. ``SpectralMetric`` learns M itself and diagonalises it in each pass
("route E", Ali et al. 2024, section 3), so that its signature is free.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.metric.frames import Frame, congruence


class Metric(nn.Module, ABC):
    """Gives the frame that a network works in, afresh in every pass.

    Attributes
    ----------
    frozen
        While True, no gradient reaches the metric.
    """

    frozen: bool = False

    @property
    @abstractmethod
    def n(self) -> int:
        """Dimension of V."""

    @abstractmethod
    def frame(self) -> Frame:
        """Frame of the current parameters; gradients pass through it unless ``frozen``."""

    def matrix(self) -> Tensor:
        """M ``(n, n)`` of the current parameters."""
        frame = self.frame()
        return frame.matrix.T @ (frame.form.squares.unsqueeze(1) * frame.matrix)


class FixedMetric(Metric):
    """A metric that does not train.

    Parameters
    ----------
    matrix
        Symmetric M ``(n, n)``.
    """

    basis: Tensor
    signs: Tensor

    def __init__(self, matrix: Tensor) -> None:
        super().__init__()
        basis, signs = congruence(matrix)
        self.register_buffer("basis", basis)
        self.register_buffer("signs", signs)

    @property
    def n(self) -> int:
        """Dimension of V."""
        return self.signs.shape[0]

    def frame(self) -> Frame:
        """Return the constant frame."""
        return Frame(self.basis, DiagonalForm(self.signs))


class FrameMetric(Metric):
    """Learned A in M = A^T eta A; the signature eta is that of the start.

    A is full: a triangular one would miss indefinite forms. A is determined only up to isometries
    of eta, so report :meth:`matrix`, never A.

    Parameters
    ----------
    matrix
        Symmetric M ``(n, n)`` at the start.
    noise
        Standard deviation of what is added to A at the start, relative to its largest entry.
    """

    signs: Tensor

    def __init__(self, matrix: Tensor, *, noise: float = 0.0) -> None:
        super().__init__()
        basis, signs = congruence(matrix)
        self.basis = nn.Parameter(basis + noise * basis.abs().max() * torch.randn_like(basis))
        self.register_buffer("signs", signs)

    @property
    def n(self) -> int:
        """Dimension of V."""
        return self.signs.shape[0]

    def frame(self) -> Frame:
        """Return the frame A, for the constant form eta."""
        basis = self.basis.detach() if self.frozen else self.basis
        return Frame(basis, DiagonalForm(self.signs))


class SpectralMetric(Metric):
    """Learned symmetric M, diagonalised in each pass; its eigenvalues may change sign.

    The gradient of eigenvectors has 1 / (difference of eigenvalues), so the decomposition is
    done in float64 and the start is moved away from equal eigenvalues.

    Parameters
    ----------
    matrix
        Symmetric M ``(n, n)`` at the start.
    noise
        The start is M + noise (R + R^T), R uniform in [0, 1) (Ali et al. 2024, section 4).

    Raises
    ------
    ValueError
        If the noise is below 1e-5: gradients through equal eigenvalues are not numbers.
    """

    def __init__(self, matrix: Tensor, *, noise: float = 1e-3) -> None:
        super().__init__()
        if noise < 1e-5:
            raise ValueError(f"noise must be at least 1e-5, got {noise}")
        drawn = noise * torch.rand_like(matrix)
        self.entries = nn.Parameter(matrix / 2 + drawn)

    @property
    def n(self) -> int:
        """Dimension of V."""
        return int(self.entries.shape[0])

    def frame(self) -> Frame:
        """Return the eigenvectors as rows, and the eigenvalues as the form."""
        entries = (self.entries.detach() if self.frozen else self.entries).double()
        squares, vectors = torch.linalg.eigh(entries + entries.T)
        return Frame(vectors.T.to(self.entries), DiagonalForm(squares.to(self.entries)))
