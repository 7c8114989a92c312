"""Training state as named tensors plus JSON, so that nothing has to be pickled."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

TENSOR = "$tensor"
PAIRS = "$pairs"


def pack(value: Any, prefix: str, tensors: dict[str, Tensor]) -> Any:
    """Return ``value`` as JSON, its tensors moved into ``tensors`` under names from ``prefix``.

    Dictionaries with keys other than strings, such as an optimizer's, become lists of pairs.
    """
    if isinstance(value, Tensor):
        tensors[prefix] = value
        return {TENSOR: prefix}
    if isinstance(value, Mapping):
        packed = [[key, pack(item, f"{prefix}.{key}", tensors)] for key, item in value.items()]
        return {PAIRS: packed}
    if isinstance(value, list | tuple):
        return [pack(item, f"{prefix}.{index}", tensors) for index, item in enumerate(value)]
    return value


def unpack(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    """Return what :func:`pack` was given (tuples come back as lists)."""
    if isinstance(value, dict):
        if TENSOR in value:
            return tensors[value[TENSOR]]
        return {key: unpack(item, tensors) for key, item in value[PAIRS]}
    if isinstance(value, list):
        return [unpack(item, tensors) for item in value]
    return value


def load_optimizer(optimizer: Optimizer, state: Mapping[str, Any]) -> None:
    """Give an optimizer back what its ``state_dict`` was, numbers as the numbers they were.

    torch's Adam makes a float32 tensor of a step that was kept as an integer, as geoopt's
    RiemannianAdam keeps it, and bias corrections then lose half of their digits.
    """
    optimizer.load_state_dict(dict(state))
    numbers = [number for group in state["param_groups"] for number in group["params"]]
    parameters = [each for group in optimizer.param_groups for each in group["params"]]
    for number, parameter in zip(numbers, parameters, strict=True):
        for name, value in state["state"].get(number, {}).items():
            if not isinstance(value, Tensor):
                optimizer.state[parameter][name] = value


def random_state() -> dict[str, Any]:
    """State of every generator that a training step may draw from."""
    kind, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
    state = {
        "python": random.getstate(),
        "numpy": [kind, np.asarray(keys).tolist(), position, has_gauss, gauss],
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def set_random_state(state: Mapping[str, Any]) -> None:
    """Take up what :func:`random_state` returned, before or after packing."""
    version, keys, gauss = state["python"]
    random.setstate((version, tuple(keys), gauss))
    kind, numpy_keys, *rest = state["numpy"]
    np.random.set_state((kind, np.asarray(numpy_keys, dtype=np.uint32), *rest))
    torch.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
