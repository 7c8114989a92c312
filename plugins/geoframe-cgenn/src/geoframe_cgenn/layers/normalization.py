"""Normalisations by the lengths of grades and of whole multivectors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from geoframe_cgenn.algebra.blades import Grades, blades
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.kernels.grades import grade_squares, present_rows, scale_grades

SMOOTH = 1e-16
"""Added to the square of a form, so that its root is smooth at null vectors."""
SMALLEST = 1e-6
"""Added to what is divided by."""


def length(square: Tensor) -> Tensor:
    """|x| = (q(x)^2 + 1e-16)^(1/4): at least 1e-4, whatever the sign of the form."""
    return (square.square() + SMOOTH).sqrt().sqrt()


class GradeNormalization(nn.Module):
    """x_m / (s (|x|_m - 1) + 1) for each grade m, with a trained share s in (0, 1).

    Parameters
    ----------
    n
        Dimension of V.
    channels
        Number of multivectors.
    grades
        Grades of the input; None for all.
    """

    def __init__(self, n: int, channels: int, *, grades: Grades | None = None) -> None:
        super().__init__()
        self.n = n
        self.grades = blades(n).all_grades if grades is None else grades
        self.share = nn.Parameter(torch.zeros(n + 1, channels))

    def forward(self, x: Tensor, form: DiagonalForm) -> Tensor:
        """``(D, b, channels)`` -> the same shape."""
        lengths = length(grade_squares(x, form, self.grades))
        share = torch.sigmoid(present_rows(self.share, self.grades))
        scale = (share * (lengths - 1.0) + (1.0 + SMALLEST)).reciprocal()
        return scale_grades(x, scale, self.n, self.grades)


class MVLayerNorm(nn.Module):
    """x a / (mean over channels of |x| + 1e-6), with |x| that of the whole multivector.

    Parameters
    ----------
    n
        Dimension of V.
    channels
        Number of multivectors.
    grades
        Grades of the input; None for all.
    """

    def __init__(self, n: int, channels: int, *, grades: Grades | None = None) -> None:
        super().__init__()
        self.grades = blades(n).all_grades if grades is None else grades
        self.factor = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor, form: DiagonalForm) -> Tensor:
        """``(D, b, channels)`` -> the same shape."""
        lengths = length(grade_squares(x, form, self.grades).sum(dim=0))
        return x * (self.factor / (lengths.mean(dim=-1, keepdim=True) + SMALLEST))
