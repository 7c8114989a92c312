"""Linear maps between channels with a matrix for each grade, and gradients written by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def grade_linear(
    x: Tensor, weight: Tensor, rows: Tensor, bias: Tensor | None, added: Tensor | None
) -> Tensor:
    """y_I = x_I W_(grade of I), plus a bias on the first blade, plus ``added``.

    Parameters
    ----------
    x
        ``(D, b, in)``.
    weight
        ``(grades, in, out)``.
    rows
        Number of the matrix of each blade ``(D,)``.
    bias
        ``(out,)``, for inputs whose first blade is the scalar.
    added
        ``(D, b, out)``.
    """
    if torch.compiler.is_compiling():
        out = torch.bmm(x, weight.index_select(0, rows))
        if bias is not None:
            out = torch.cat([out[:1] + bias, out[1:]])
        return out if added is None else out + added
    result: Tensor = _GradeLinear.apply(x, weight, rows, bias, added)  # type: ignore[no-untyped-call]
    return result


class _GradeLinear(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, rows: Tensor, bias: Tensor | None, added: Tensor | None
    ) -> Tensor:
        ctx.save_for_backward(x, weight, rows)
        matrices = weight.index_select(0, rows)
        out = torch.bmm(x, matrices) if added is None else torch.baddbmm(added, x, matrices)
        if bias is not None:
            out[0].add_(bias)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, rows = ctx.saved_tensors
        dx = dw = None
        if ctx.needs_input_grad[0]:
            dx = torch.bmm(grad, weight.transpose(1, 2).index_select(0, rows))
        if ctx.needs_input_grad[1]:
            of_blades = torch.bmm(x.transpose(1, 2), grad)
            dw = torch.zeros_like(weight).index_add_(0, rows, of_blades)
        db = grad[0].sum(dim=0) if ctx.needs_input_grad[3] else None
        return dx, dw, None, db, grad if ctx.needs_input_grad[4] else None
