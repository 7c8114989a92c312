"""The adapted layer's forward pass, which keeps no more for the backward pass than it needs.

With B trained and A frozen that is A x: ``rank`` numbers a token. Autograd does it by itself as
long as nothing else holds on to x; so there is no dropped copy of x (the mask is drawn again from
its seed), no scaled copy of B A x, and no float32 copy of a bfloat16 x.
"""

from __future__ import annotations

import math
import weakref
from typing import Any

import torch
import torch.nn.functional as F
from peft.tuners.lora.layer import LoraLayer, LoraVariant
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


def weights(layer: LoraLayer, adapter: str) -> tuple[nn.Parameter, nn.Parameter]:
    """Return A ``(rank, d_in)`` and B ``(d_out, rank)`` of one adapter of a layer."""
    a, b = layer.lora_A[adapter], layer.lora_B[adapter]
    return a.get_parameter("weight"), b.get_parameter("weight")


class MemoryEfficientLoRA(LoraVariant):
    """Forward and merge of one adapted layer: W x + s B A x.

    Parameters
    ----------
    shared
        The projection of a group of layers that share A, or None.
    """

    def __init__(self, shared: SharedProjection | None = None) -> None:
        self.shared = shared

    def forward(  # type: ignore[override]  # peft calls it on the instance
        self, module: LoraLayer, active_adapter: str, x: Tensor, result: Tensor, **_: Any
    ) -> Tensor:
        """Add the update of ``x (..., d_in)`` to ``result (..., d_out)``."""
        a, b = weights(module, active_adapter)
        dropout = module.lora_dropout[active_adapter]
        p = float(getattr(dropout, "p", 0.0)) if dropout.training else 0.0
        # A compiler finds by itself that siblings ask for the same product.
        if self.shared is None or torch.compiler.is_compiling():
            low = project(x, a, p)
        else:
            low = self.shared.of(id(module), x, a, p)
        flat = torch.addmm(  # one pass over the outputs: scaled, multiplied and added
            result.reshape(-1, result.shape[-1]).to(low.dtype),
            low.reshape(-1, low.shape[-1]),
            b.to(low.dtype).t(),
            alpha=module.scaling[active_adapter],
        )
        return flat.view(result.shape)

    def merge_safe(  # type: ignore[override]
        self, module: LoraLayer, active_adapter: str, orig_weight: Tensor
    ) -> Tensor:
        """Return the weight with the update added, rounded once."""
        return (orig_weight + _delta(module, active_adapter)).to(orig_weight.dtype)

    def merge_unsafe(  # type: ignore[override]
        self, module: LoraLayer, active_adapter: str, orig_weight: Tensor
    ) -> None:
        """Add the update to the weight in place."""
        orig_weight.data += _delta(module, active_adapter)

    def unmerge(  # type: ignore[override]
        self, module: LoraLayer, active_adapter: str, orig_weight: Tensor
    ) -> Tensor:
        """Return the weight with the update taken away."""
        return (orig_weight - _delta(module, active_adapter)).to(orig_weight.dtype)


def _delta(module: LoraLayer, adapter: str) -> Tensor:
    delta: Tensor = module.get_delta_weight(adapter)  # type: ignore[attr-defined]  # of Linear
    return delta


class SharedProjection:
    """A x for sibling layers that see the same x and share A: computed once for all of them.

    Parameters
    ----------
    members
        Number of layers that share A.
    """

    def __init__(self, members: int) -> None:
        self.members = members
        self._clear()

    def _clear(self) -> None:
        self._x: weakref.ref[Tensor] | None = None
        self._state: tuple[object, ...] = ()
        self._low: Tensor | None = None
        self._served: set[int] = set()

    def of(self, layer: int, x: Tensor, a: Tensor, p: float) -> Tensor:
        """Return A x ``(..., rank)``, from the sibling that was called before if it was with x.

        A ``layer`` that asks twice begins a new forward pass, with a graph of its own.
        """
        state = (x._version, a._version, p, torch.is_grad_enabled(), torch.is_autocast_enabled())
        known = self._x is not None and self._x() is x and self._state == state
        if known and self._low is not None and layer not in self._served:
            low = self._low
        else:
            low = project(x, a, p)
            self._x, self._state, self._low, self._served = weakref.ref(x), state, low, set()
        self._served.add(layer)
        if len(self._served) == self.members:  # the graph must not be held until the next call
            self._clear()
        return low

    def __getstate__(self) -> dict[str, Any]:
        return {"members": self.members}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # a copy starts without a remembered x


def project(x: Tensor, a: Tensor, p: float) -> Tensor:
    """Return A drop(x), of shape ``(..., rank)``, for ``x (..., d_in)`` and ``a (rank, d_in)``."""
    if p == 0.0:
        return F.linear(x, a.to(x.dtype))
    if torch.compiler.is_compiling():  # no seed can leave a graph; compilers decide what is kept
        return F.linear(F.dropout(x, p), a.to(x.dtype))
    seed = int(torch.randint(2**62, ()).item())  # from the global stream, which runs restore
    dropped: Tensor = _DroppedProjection.apply(x, a, p, seed)  # type: ignore[no-untyped-call]
    return dropped


def _mask(like: tuple[torch.Size, torch.dtype, torch.device], p: float, seed: int) -> Tensor:
    """Draw a mask whose kept entries are 1 / (1 - p), with p rounded to 16 bits.

    Each random number of 64 bits decides on four entries. So the two drawings, for the forward
    and the backward pass, take less time together than one of torch's dropout.
    """
    shape, dtype, device = like
    count = math.prod(shape)
    generator = torch.Generator(device).manual_seed(seed)
    words = torch.empty(-(-count // 4), dtype=torch.int64, device=device)
    words.random_(-(2**63), None, generator=generator)
    dropped = min(round(p * 2**16), 2**16 - 1)
    kept = words.view(torch.int16)[:count].view(shape) >= dropped - 2**15
    return kept.to(dtype).mul_(2**16 / (2**16 - dropped))


class _DroppedProjection(torch.autograd.Function):
    """A drop(x) that keeps the seed of the mask instead of mask and dropped x."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, a: Tensor, p: float, seed: int) -> Tensor:
        ctx.p, ctx.seed, ctx.like = p, seed, (x.shape, x.dtype, x.device)
        # x is kept only if A is trained; then it is the layer's own input, not a copy of it.
        ctx.save_for_backward(x if ctx.needs_input_grad[1] else None, a)
        return F.linear(x * _mask(ctx.like, p, seed), a.to(x.dtype))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, a = ctx.saved_tensors
        mask = _mask(ctx.like, ctx.p, ctx.seed)
        for_x = for_a = None
        if ctx.needs_input_grad[0]:
            for_x = (gradient @ a.to(gradient.dtype)).to(mask.dtype) * mask
        if ctx.needs_input_grad[1]:
            dropped = (x * mask).reshape(-1, x.shape[-1]).to(gradient.dtype)
            for_a = (gradient.reshape(-1, gradient.shape[-1]).t() @ dropped).to(a.dtype)
        return for_x, for_a, None, None
