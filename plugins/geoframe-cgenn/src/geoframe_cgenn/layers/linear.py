"""Linear maps between channels, one for each grade."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from geoframe_cgenn.algebra.blades import Grades, blades


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

    def forward(self, x: Tensor) -> Tensor:
        """``(D, b, in)`` in ``grades`` -> ``(D', b, out)`` in ``out_grades``."""
        out = torch.bmm(x, self.weight.index_select(0, self.rows))
        if self.bias is None:
            return out
        if self.adds_scalar:
            return torch.cat([self.bias.expand(1, *out.shape[1:]), out])
        scalars, rest = torch.split(out, [1, len(out) - 1])
        return torch.cat([scalars + self.bias, rest])
