"""Frozen weights in the precision in which mixed-precision training multiplies by them."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from geoframe_asymlora.lora.targets import is_transposed

MIXED = {"bf16": torch.bfloat16, "fp16": torch.float16}
"""Precision of a trainer that is not float32 -> type that autocast multiplies in."""


def round_frozen(modules: Iterable[nn.Module], precision: str) -> None:
    """Round the frozen weights of linear layers once, where autocast would do it in every step.

    The products are the same to the bit. Autocast remembers only trained weights; frozen ones it
    rounds again for each layer, step and part of a batch. Weights that another kind of module
    reads too (an embedding tied to the output) are left as they are.

    Parameters
    ----------
    modules
        The modules of the pretrained model, without those that an adapter has added.
    precision
        That of the trainer; nothing is done for ``"float32"``.
    """
    if precision not in MIXED:
        return
    linear, other = [], set()
    for module in modules:
        if isinstance(module, nn.Linear) or is_transposed(module):
            linear.append(module)
        else:
            other |= {id(parameter) for parameter in module.parameters(recurse=False)}
    for module in linear:
        for parameter in module.parameters(recurse=False):
            if not parameter.requires_grad and id(parameter) not in other:
                parameter.data = parameter.data.to(MIXED[precision])
