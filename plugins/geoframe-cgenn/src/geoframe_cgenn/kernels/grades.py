"""Per-grade squares and scalings, with gradients written by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from geoframe_cgenn.algebra.blades import Grades, blades
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.kernels import native


def grade_squares(x: Tensor, form: DiagonalForm, grades: Grades) -> Tensor:
    """Extended form of each grade: ``(D, b, c)`` of some grades -> ``(len(grades), b, c)``."""
    tables = blades(form.n)
    squares = form.blade_squares
    if len(grades) <= form.n:
        squares = squares[tables.positions(grades)]
    counts = tuple(tables.count(grade) for grade in grades)
    if torch.compiler.is_compiling():
        weighted = x.square() * squares[:, None, None]
        return torch.stack([part.sum(dim=0) for part in torch.split(weighted, list(counts))])
    result: Tensor = _GradeSquares.apply(x, squares, counts)  # type: ignore[no-untyped-call]
    return result


def scale_grades(x: Tensor, scale: Tensor, n: int, grades: Grades) -> Tensor:
    """Multiply every grade of ``(D, b, c)`` by its row of ``scale`` ``(len(grades), b, c)``."""
    counts = tuple(blades(n).count(grade) for grade in grades)
    if torch.compiler.is_compiling():
        parts = torch.split(x, list(counts))
        return torch.cat([part * row for part, row in zip(parts, scale, strict=True)])
    result: Tensor = _ScaleGrades.apply(x, scale, counts)  # type: ignore[no-untyped-call]
    return result


def present_rows(parameter: Tensor, grades: Grades) -> Tensor:
    """Rows of a parameter ``(n + 1, c)`` that belong to some grades ``(len(grades), 1, c)``."""
    rows = parameter if len(grades) == len(parameter) else parameter[list(grades)]
    return rows.unsqueeze(1)


def _sizes(counts: tuple[int, ...], x: Tensor) -> tuple[Tensor, int, int]:
    """What every kernel of grades takes at its end."""
    return native.counts_table(counts), len(counts), x[0].numel()


class _GradeSquares(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, squares: Tensor, counts: tuple[int, ...]) -> Tensor:
        x = x.contiguous()
        ctx.save_for_backward(x, squares)
        ctx.counts = counts
        if (library := native.kernels_for(x, squares)) is not None:
            out = x.new_empty(len(counts), *x.shape[1:])
            native.call(
                library, "squares_forward", x, squares.contiguous(), out, *_sizes(counts, x)
            )
            return out
        out = x.new_zeros(len(counts), *x.shape[1:])
        rows, factors = iter(x.unbind(0)), iter(squares.tolist())
        for total, count in zip(out.unbind(0), counts, strict=True):
            for _ in range(count):
                row = next(rows)
                total.addcmul_(row, row, value=next(factors))
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, squares = ctx.saved_tensors
        dx = torch.empty_like(x)
        library = native.kernels_for(x, squares, grad)
        if library is not None and not ctx.needs_input_grad[1]:
            arrays = (x, squares.contiguous(), grad.contiguous(), dx)
            native.call(library, "squares_backward", *arrays, *_sizes(ctx.counts, x))
            return dx, None, None
        rows, outs, factors = iter(x.unbind(0)), iter(dx.unbind(0)), squares.tolist()
        ds = torch.zeros_like(squares) if ctx.needs_input_grad[1] else None
        at = 0
        for g, count in zip(grad.unbind(0), ctx.counts, strict=True):
            for _ in range(count):
                row, out = next(rows), next(outs)
                torch.mul(g, row, out=out)
                if ds is not None:
                    ds[at] = (out * row).sum()
                out.mul_(2.0 * factors[at])
                at += 1
        return dx, ds, None


class _ScaleGrades(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, counts: tuple[int, ...]) -> Tensor:
        x, scale = x.contiguous(), scale.contiguous()
        ctx.save_for_backward(x, scale)
        ctx.counts = counts
        out = torch.empty_like(x)
        if (library := native.kernels_for(x, scale)) is not None:
            native.call(library, "scale_forward", x, scale, out, *_sizes(counts, x))
            return out
        for part, row, result in zip(
            torch.split(x, list(counts)),
            scale.unbind(0),
            torch.split(out, list(counts)),
            strict=True,
        ):
            torch.mul(part, row, out=result)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, scale = ctx.saved_tensors
        dx, ds = torch.empty_like(x), torch.zeros_like(scale)
        if (library := native.kernels_for(x, scale, grad)) is not None:
            arrays = (x, scale, grad.contiguous(), dx, ds)
            native.call(library, "scale_backward", *arrays, *_sizes(ctx.counts, x))
            return dx, ds, None
        start = 0
        for row, dscale, count in zip(scale.unbind(0), ds.unbind(0), ctx.counts, strict=True):
            for at in range(start, start + count):
                torch.mul(grad[at], row, out=dx[at])
                dscale.addcmul_(grad[at], x[at])
            start += count
        return dx, ds, None
