"""The non-linearity: grades gated by their own invariants."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from geoframe_cgenn.algebra.blades import Grades, blades
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.kernels.grades import grade_squares, present_rows, scale_grades


class MVSiLU(nn.Module):
    """x_m sigmoid(a_m u_m + b_m), where u_0 is the scalar itself and u_m = q(x_m) otherwise.

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
        self.slope = nn.Parameter(torch.ones(n + 1, channels))
        self.offset = nn.Parameter(torch.zeros(n + 1, channels))

    def forward(self, x: Tensor, form: DiagonalForm) -> Tensor:
        """``(D, b, channels)`` -> the same shape."""
        slope, offset = (present_rows(each, self.grades) for each in (self.slope, self.offset))
        gate = torch.sigmoid(torch.addcmul(offset, slope, invariants(x, form, self.grades)))
        return scale_grades(x, gate, self.n, self.grades)


def invariants(x: Tensor, form: DiagonalForm, grades: Grades) -> Tensor:
    """Scalar part and signed form of every other grade ``(len(grades), b, channels)``."""
    if grades[0] != 0:
        return grade_squares(x, form, grades)
    if len(grades) == 1:
        return x
    return torch.cat([x[:1], grade_squares(x[1:], form, grades[1:])])
