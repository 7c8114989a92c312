"""What fine-tuning costs before it starts: trained parameters, and memory kept for backward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs
import torch
from torch import Tensor, nn

from geoframe_asymlora.lora.freezing import ORIGINAL, head_parameters, lora_layers


@attrs.frozen(kw_only=True)
class Cost:
    """Cost of one way to train a model."""

    trained: int
    """Trained parameters outside the head."""
    head: int
    """Trained parameters of the head."""
    saved: int
    """Bytes that one forward pass keeps for the backward pass, parameters not counted."""

    @property
    def optimizer(self) -> int:
        """Bytes of Adam's state and the gradients, in float32."""
        return 12 * (self.trained + self.head)


def saved_bytes(model: nn.Module, loss: Callable[[], Tensor]) -> int:
    """Measure what a forward pass keeps for the backward pass.

    Every storage counts once, however many operations hold it; parameters and buffers of
    ``model`` do not count.
    """
    own = {
        tensor.untyped_storage().data_ptr() for tensor in (*model.parameters(), *model.buffers())
    }
    seen: dict[int, int] = {}
    alive = []

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            seen[storage.data_ptr()] = storage.nbytes()
            alive.append(storage)  # or its address could be given out again
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        result = loss()
    del result
    return sum(seen.values())


def costs(
    adapted: nn.Module, heads: tuple[str, ...], loss: Callable[[], Tensor]
) -> dict[str, Cost]:
    """Measure each way to train a model that has adapters, without copying it.

    Parameters
    ----------
    adapted
        A ``PeftModel``; which of its parameters are trained is put back afterwards.
    heads
        Modules trained in full in every mode, by their names in the plain model.
    loss
        Computes the loss of one batch.

    Returns
    -------
    dict
        By mode: ``head``, ``A``, ``B``, ``both``, ``full``, and ``peft``: both factors in peft's
        own forward pass, with the same dropout.
    """
    found = {}
    for mode in ("head", "A", "B", "both", "peft", "full"):
        with _training(adapted, mode, heads) as (trained, head):
            found[mode] = Cost(
                trained=sum(p.numel() for p in trained),
                head=sum(p.numel() for p in head),
                saved=saved_bytes(adapted, loss),
            )
    return found


@contextmanager
def _training(
    model: nn.Module, mode: str, heads: tuple[str, ...]
) -> Iterator[tuple[list[nn.Parameter], list[nn.Parameter]]]:
    """Let exactly the parameters of a mode require gradients; yield them, and the head's."""
    before = {name: p.requires_grad for name, p in model.named_parameters()}
    layers = lora_layers(model).values()
    disabled = [layer.disable_adapters for layer in layers]
    forwards = [dict(layer.lora_variant) for layer in layers]
    trained: list[nn.Parameter] = []
    head: list[nn.Parameter] = []
    of_heads = head_parameters(model, heads)
    for name, parameter in model.named_parameters():
        of_head = name in of_heads
        factor = name.split(".lora_")[1][0] if ".lora_" in name else None
        wanted = mode == "full" if factor is None else mode in (factor, "both", "peft")
        chosen = of_head or (wanted and ORIGINAL not in name)
        parameter.requires_grad_(chosen)
        if chosen:
            (head if of_head else trained).append(parameter)
    for layer in layers:
        layer._disable_adapters = mode in ("head", "full")
        if mode == "peft":
            layer.lora_variant.clear()
    try:
        yield trained, head
    finally:
        for layer, value, forward in zip(layers, disabled, forwards, strict=True):
            layer._disable_adapters = value
            layer.lora_variant.update(forward)
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(before[name])


def megabytes(count: int) -> float:
    """Bytes in MiB."""
    return count / 2**20
