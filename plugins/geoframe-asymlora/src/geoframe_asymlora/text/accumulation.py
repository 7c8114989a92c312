"""The gradient of a sum of losses, one after the other: the memory of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def accumulated(losses: Callable[[], Iterable[Tensor]], trained: Sequence[Tensor]) -> Tensor:
    """Return the sum of ``losses()`` as a scalar whose gradient is that of the sum.

    The backward pass of each loss is taken as soon as it is there, so that the next forward pass
    finds its memory free; what is kept are the gradients of ``trained``.
    """
    total: Tensor = _Accumulated.apply(losses, *trained)  # type: ignore[no-untyped-call]
    return total


class _Accumulated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, losses: Callable[[], Iterable[Tensor]], *trained: Tensor) -> Tensor:
        sums: list[Tensor | None] = [None] * len(trained)
        total = torch.zeros((), device=trained[0].device)
        with torch.enable_grad():
            for loss in losses():
                total = total + loss.detach().float()
                found = torch.autograd.grad(loss, trained, allow_unused=True)
                sums = [_added(*pair) for pair in zip(sums, found, strict=True)]
        ctx.sums = sums
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        scaled = [None if each is None else each * gradient.to(each.dtype) for each in ctx.sums]
        return (None, *scaled)


def _added(first: Tensor | None, second: Tensor | None) -> Tensor | None:
    if first is None or second is None:
        return second if first is None else first
    return first.add_(second)
