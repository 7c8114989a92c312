"""Geometric product layers: channel by channel, and fully connected."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from geoframe_cgenn.algebra.blades import Grades, blades
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.kernels.plan import product_plan
from geoframe_cgenn.kernels.products import path_products, weighted_product
from geoframe_cgenn.layers.linear import MVLinear
from geoframe_cgenn.layers.normalization import GradeNormalization

HALF = 1 / math.sqrt(2.0)
"""Factor of both parts of a product layer, by which their sum keeps its variance."""


class _ProductLayer(nn.Module):
    """What both product layers share: the right factor, and the sum with a linear map."""

    def __init__(
        self,
        n: int,
        in_channels: int,
        out_channels: int,
        grades: Grades | None,
        out_grades: Grades | None,
        normalize: bool,
    ) -> None:
        super().__init__()
        everything = blades(n).all_grades
        self.n = n
        self.grades = everything if grades is None else grades
        self.right = MVLinear(n, in_channels, in_channels, grades=self.grades, bias=False)
        self.normalization = (
            GradeNormalization(n, in_channels, grades=self.grades) if normalize else None
        )
        self.left = MVLinear(n, in_channels, out_channels, grades=self.grades)
        wanted = everything if out_grades is None else out_grades
        self.plan = product_plan(n, self.grades, self.grades, wanted)
        reached = {*self.plan.out, *self.left.out_grades}
        self.out_grades: Grades = tuple(grade for grade in wanted if grade in reached)

    def _right_factor(self, x: Tensor, form: DiagonalForm) -> Tensor:
        right: Tensor = self.right(x)
        return right if self.normalization is None else self.normalization(right, form)

    def _sum(self, product: Tensor, x: Tensor) -> Tensor:
        """First-order term / sqrt 2 + product, grade by grade where they have different ones."""
        if self.left.out_grades == self.plan.out == self.out_grades:
            whole: Tensor = self.left(x, added=product, scale=HALF)
            return whole
        parts = self._by_grade(self.left(x, scale=HALF), self.left.out_grades)
        for grade, second in self._by_grade(product, self.plan.out).items():
            parts[grade] = parts[grade] + second if grade in parts else second
        return torch.cat([parts[grade] for grade in self.out_grades])

    def _by_grade(self, x: Tensor, grades: Grades) -> dict[int, Tensor]:
        counts = [blades(self.n).count(grade) for grade in grades]
        return dict(zip(grades, torch.split(x, counts), strict=True))


class GeometricProduct(_ProductLayer):
    """Products of each channel with a linear image of the input, weighted path by path.

    Parameters
    ----------
    n
        Dimension of V.
    channels
        Number of multivectors.
    grades, out_grades
        Grades of the input and of the output that are wanted; None for all. Nothing is computed
        for the others, and the parameters are those of all grades in any case.
    normalize
        Whether the right factor is normalised grade by grade.
    """

    def __init__(
        self,
        n: int,
        channels: int,
        *,
        grades: Grades | None = None,
        out_grades: Grades | None = None,
        normalize: bool = True,
    ) -> None:
        super().__init__(n, channels, channels, grades, out_grades, normalize)
        self.weight = nn.Parameter(torch.empty(len(blades(n).paths), channels))
        nn.init.normal_(self.weight, std=1 / math.sqrt(n + 1))

    def forward(self, x: Tensor, form: DiagonalForm) -> Tensor:
        """``(D, b, channels)`` in ``grades`` -> ``(D', b, channels)`` in ``out_grades``."""
        right = self._right_factor(x, form)
        return self._sum(weighted_product(x, right, self.weight * HALF, form, self.plan), x)


class FullyConnectedProduct(_ProductLayer):
    """Products of every channel into every output channel, weighted path by path.

    The products of each path are formed once for each input channel; the weights then are one
    matrix product over paths and channels.

    Parameters
    ----------
    n
        Dimension of V.
    in_channels, out_channels
        Numbers of multivectors.
    grades, out_grades, normalize
        As in :class:`GeometricProduct`.
    """

    def __init__(
        self,
        n: int,
        in_channels: int,
        out_channels: int,
        *,
        grades: Grades | None = None,
        out_grades: Grades | None = None,
        normalize: bool = True,
    ) -> None:
        super().__init__(n, in_channels, out_channels, grades, out_grades, normalize)
        self.weight = nn.Parameter(torch.empty(len(blades(n).paths), in_channels, out_channels))
        nn.init.normal_(self.weight, std=1 / math.sqrt(in_channels * (n + 1)))
        for grade, paths in zip(self.plan.out, self.plan.paths, strict=True):
            self.register_buffer(f"paths_{grade}", torch.tensor(paths), persistent=False)

    def forward(self, x: Tensor, form: DiagonalForm) -> Tensor:
        """``(D, b, in)`` in ``grades`` -> ``(D', b, out)`` in ``out_grades``."""
        products = path_products(x, self._right_factor(x, form), form, self.plan)
        mixed = []
        for grade, product in zip(self.plan.out, products, strict=True):
            weight = self.weight.index_select(0, self.get_buffer(f"paths_{grade}")) * HALF
            mixed.append(product @ weight.flatten(0, 1))
        return self._sum(torch.cat(mixed), x)
