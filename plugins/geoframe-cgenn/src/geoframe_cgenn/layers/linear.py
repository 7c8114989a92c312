"""Linear maps between channels, one for each grade."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from geoframe_cgenn.algebra.blades import Grades, blades
from geoframe_cgenn.kernels.linear import grade_linear


class MVLinear(nn.Module):
    """y_o,I = sum_c W_(grade of I),c,o x_c,I, plus a bias on the scalar part.

    Parameters
    ----------
    n
        Dimension of V.
    in_channels, out_channels
        Numbers of multivectors.
    grades
        Grades of the input; None for all. The parameters are those of all grades in any case.
    bias
        Whether scalars get a bias; the output then has grade 0.
    shared
        One matrix for all grades.
    """

    def __init__(
        self,
        n: int,
        in_channels: int,
        out_channels: int,
        *,
        grades: Grades | None = None,
        bias: bool = True,
        shared: bool = False,
    ) -> None:
        super().__init__()
        tables = blades(n)
        self.grades = tables.all_grades if grades is None else grades
        self.adds_scalar = bias and 0 not in self.grades
        self.out_grades: Grades = ((0,) if self.adds_scalar else ()) + self.grades
        size = 1 if shared else n + 1
        self.weight = nn.Parameter(torch.empty(size, in_channels, out_channels))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        nn.init.normal_(self.weight, std=1 / math.sqrt(in_channels))
        rows = [0 if shared else int(tables.grades[at]) for at in tables.positions(self.grades)]
        self.register_buffer("rows", torch.tensor(rows), persistent=False)

    rows: Tensor

    def forward(self, x: Tensor, *, added: Tensor | None = None, scale: float = 1.0) -> Tensor:
        """``(D, b, in)`` in ``grades`` -> ``(D', b, out)`` in ``out_grades``.

        Parameters
        ----------
        added
            Of the same shape as the result, to be added to it.
        scale
            Factor of the map and of its bias.
        """
        weight: Tensor = self.weight
        bias: Tensor | None = self.bias
        if scale != 1.0:
            weight, bias = weight * scale, None if bias is None else bias * scale
        if not self.adds_scalar:
            return grade_linear(x, weight, self.rows, bias, added)
        assert bias is not None
        out = grade_linear(x, weight, self.rows, None, None)
        out = torch.cat([bias.expand(1, *out.shape[1:]), out])
        return out if added is None else out + added
