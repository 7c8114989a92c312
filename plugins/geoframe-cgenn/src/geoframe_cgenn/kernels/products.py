"""Geometric products of features in blade-first layout, with gradients written by hand.

A product of blades has one result, so of the D^3 entries of the table the layers need D^2. Each
term is one multiplication of ``(batch, channels)`` matrices that are contiguous in this layout.
The backward passes form the terms again instead of keeping them: memory is that of the inputs.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from geoframe_cgenn.algebra.blades import blades
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.kernels import native
from geoframe_cgenn.kernels.plan import ProductPlan, Term


def weighted_product(
    x: Tensor, y: Tensor, weight: Tensor, form: DiagonalForm, plan: ProductPlan
) -> Tensor:
    """Element-wise product: out_j = sum over paths (i, j, k) weight[path] <x_i y_k>_j.

    Parameters
    ----------
    x, y
        ``(D_left, b, c)`` and ``(D_right, b, c)`` in the grades of the plan.
    weight
        ``(paths, c)``, over all paths of the algebra.

    Returns
    -------
    Tensor
        ``(D_out, b, c)``.
    """
    if torch.compiler.is_compiling():  # a graph cannot hold numbers read from a tensor
        return _dense_weighted(x, y, weight, form, plan)
    coefficients, numbers = form.coefficients, form.numbers
    result: Tensor = _WeightedProduct.apply(x, y, weight, coefficients, numbers, plan)  # type: ignore[no-untyped-call]
    return result


def path_products(x: Tensor, y: Tensor, form: DiagonalForm, plan: ProductPlan) -> list[Tensor]:
    """Products path by path, for a matrix multiplication over paths and channels at once.

    Returns
    -------
    list
        For each grade of the result ``(C(n, grade), b, paths * c)``; paths in their order.
    """
    if torch.compiler.is_compiling():
        return _dense_paths(x, y, form, plan)
    coefficients, numbers = form.coefficients, form.numbers
    return list(_PathProducts.apply(x, y, coefficients, numbers, plan))  # type: ignore[no-untyped-call]


def _sum_of_terms(
    out: Tensor, x: tuple[Tensor, ...], y: tuple[Tensor, ...], terms: tuple[Term, ...], c: Any
) -> None:
    """Write sum of c(a, b) x_a y_b into ``out``."""
    first = True
    for a_row, b_row, a, b in terms:
        coefficient = c[a][b]
        if first:
            torch.mul(x[a_row], y[b_row], out=out)
            if coefficient != 1.0:
                out.mul_(coefficient)
            first = False
        elif coefficient != 0.0:
            out.addcmul_(x[a_row], y[b_row], value=coefficient)


class _WeightedProduct(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        y: Tensor,
        weight: Tensor,
        coefficients: Tensor,
        numbers: list[list[float]],
        plan: ProductPlan,
    ) -> Tensor:
        x, y, weight = x.contiguous(), y.contiguous(), weight.contiguous()
        ctx.save_for_backward(x, y, weight, coefficients)
        ctx.numbers, ctx.plan = numbers, plan
        out = x.new_zeros(len(plan.terms), *x.shape[1:])
        if (library := native.kernels_for(x, y, weight, coefficients)) is not None:
            arrays = (x, y, weight, coefficients.contiguous(), out)
            native.call(library, "weighted_forward", *arrays, *_sizes(plan, x))
            return out
        xs, ys, w = x.unbind(0), y.unbind(0), weight.unbind(0)
        term = torch.empty_like(xs[0])
        for total, by_path in zip(out.unbind(0), plan.terms, strict=True):
            for path, terms in by_path:
                _sum_of_terms(term, xs, ys, terms, numbers)
                total.addcmul_(term, w[path])
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, y, weight, coefficients = ctx.saved_tensors
        numbers, plan = ctx.numbers, ctx.plan
        dx, dy, dw = torch.zeros_like(x), torch.zeros_like(y), torch.zeros_like(weight)
        library = native.kernels_for(x, y, weight, coefficients, grad)
        if library is not None and not ctx.needs_input_grad[3]:
            arrays = (x, y, weight, coefficients.contiguous(), grad.contiguous(), dx, dy, dw)
            native.call(library, "weighted_backward", *arrays, *_sizes(plan, x))
            return dx, dy, dw, None, None, None
        xs, ys, w, gs = x.unbind(0), y.unbind(0), weight.unbind(0), grad.unbind(0)
        dc = torch.zeros_like(coefficients) if ctx.needs_input_grad[3] else None
        dxs, dys = dx.unbind(0), dy.unbind(0)
        term, pulled = torch.empty_like(xs[0]), torch.empty_like(xs[0])
        for g, by_path in zip(gs, plan.terms, strict=True):
            for path, terms in by_path:
                _sum_of_terms(term, xs, ys, terms, numbers)
                dw[path] += term.mul_(g).sum(dim=0)
                torch.mul(g, w[path], out=pulled)
                _pull_back(pulled, xs, ys, dxs, dys, dc, terms, numbers)
        return dx, dy, dw, dc, None, None


class _PathProducts(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        y: Tensor,
        coefficients: Tensor,
        numbers: list[list[float]],
        plan: ProductPlan,
    ) -> tuple[Tensor, ...]:
        x, y = x.contiguous(), y.contiguous()
        ctx.save_for_backward(x, y, coefficients)
        ctx.numbers, ctx.plan = numbers, plan
        batch, channels = x.shape[1:]
        if (library := native.kernels_for(x, y, coefficients)) is not None:
            made = [
                x.new_empty(count, batch, len(paths) * channels)
                for count, paths in zip(plan.counts, plan.paths, strict=True)
            ]
            table = coefficients.contiguous()
            native.call(library, "paths_forward", x, y, table, made, *_sizes(plan, x))
            return tuple(made)
        xs, ys = x.unbind(0), y.unbind(0)
        rows = iter(plan.terms)
        outs = []
        for grade, paths in zip(plan.out, plan.paths, strict=True):
            out = x.new_empty(blades(plan.n).count(grade), batch, len(paths) * channels)
            for row in out.unbind(0):
                parts = torch.split(row, channels, dim=1)
                for part, (_, terms) in zip(parts, next(rows), strict=True):
                    _sum_of_terms(part, xs, ys, terms, numbers)
            outs.append(out)
        return tuple(outs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, y, coefficients = ctx.saved_tensors
        numbers, plan = ctx.numbers, ctx.plan
        dx, dy = torch.zeros_like(x), torch.zeros_like(y)
        library = native.kernels_for(x, y, coefficients, *grads)
        if library is not None and not ctx.needs_input_grad[2]:
            table, plain = coefficients.contiguous(), [grad.contiguous() for grad in grads]
            native.call(library, "paths_backward", x, y, table, plain, dx, dy, *_sizes(plan, x))
            return dx, dy, None, None, None
        xs, ys = x.unbind(0), y.unbind(0)
        dc = torch.zeros_like(coefficients) if ctx.needs_input_grad[2] else None
        dxs, dys = dx.unbind(0), dy.unbind(0)
        rows = iter(plan.terms)
        for grad in grads:
            for row in grad.unbind(0):
                parts = torch.split(row, x.shape[2], dim=1)
                for part, (_, terms) in zip(parts, next(rows), strict=True):
                    _pull_back(part, xs, ys, dxs, dys, dc, terms, numbers)
        return dx, dy, dc, None, None


def _sizes(plan: ProductPlan, x: Tensor) -> tuple[Tensor | int, ...]:
    """What every product kernel takes at its end."""
    segments, terms = native.plan_tables(plan)
    return segments, terms, len(segments), max(plan.rows[:2]), *x.shape[1:]


def _pull_back(
    grad: Tensor,
    x: tuple[Tensor, ...],
    y: tuple[Tensor, ...],
    dx: tuple[Tensor, ...],
    dy: tuple[Tensor, ...],
    dc: Tensor | None,
    terms: tuple[Term, ...],
    c: Any,
) -> None:
    """Add the gradients of sum of c(a, b) x_a y_b, given that of the sum."""
    for a_row, b_row, a, b in terms:
        coefficient = c[a][b]
        if coefficient != 0.0:
            dx[a_row].addcmul_(grad, y[b_row], value=coefficient)
            dy[b_row].addcmul_(grad, x[a_row], value=coefficient)
        if dc is not None:
            dc[a, b] += (grad * x[a_row] * y[b_row]).sum()


def _dense_table(form: DiagonalForm, plan: ProductPlan) -> Tensor:
    """Cayley table cut to the grades of a plan ``(D_left, D_out, D_right)``."""
    tables = blades(plan.n)
    cut = (tables.positions(grades) for grades in (plan.left, plan.out, plan.right))
    left, out, right = (torch.tensor(rows) for rows in cut)
    return form.cayley()[left][:, out][:, :, right]


def path_numbers(plan: ProductPlan) -> Tensor:
    """Number of the path of each entry of the dense table ``(D_left, D_out, D_right)``; else 0."""
    left, right, out = plan.rows
    numbers = torch.zeros(left, out, right, dtype=torch.int64)
    for row, by_path in enumerate(plan.terms):
        for path, terms in by_path:
            for a_row, b_row, _, _ in terms:
                numbers[a_row, row, b_row] = path
    return numbers


def _dense_weighted(
    x: Tensor, y: Tensor, weight: Tensor, form: DiagonalForm, plan: ProductPlan
) -> Tensor:
    """:func:`weighted_product` as one einsum over the dense table, as it was published."""
    table = _dense_table(form, plan).unsqueeze(-1) * weight[path_numbers(plan)]
    return torch.einsum("ibc,ijkc,kbc->jbc", x, table, y)


def _dense_paths(x: Tensor, y: Tensor, form: DiagonalForm, plan: ProductPlan) -> list[Tensor]:
    """:func:`path_products` as einsums over the dense table."""
    table, numbers = _dense_table(form, plan), path_numbers(plan)
    outs, start = [], 0
    for grade, paths in zip(plan.out, plan.paths, strict=True):
        rows = slice(start, start + blades(plan.n).count(grade))
        start = rows.stop
        by_path = [
            torch.einsum("ibc,ijk,kbc->jbc", x, (table * (numbers == path))[:, rows], y)
            for path in paths
        ]
        outs.append(torch.cat(by_path, dim=-1))
    return outs
