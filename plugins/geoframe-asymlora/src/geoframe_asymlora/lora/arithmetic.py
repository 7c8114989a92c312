"""Sums of adapters that share their frozen factor: exact, without a new decomposition.

With the same A, w₁B₁A + w₂B₂A = (w₁B₁ + w₂B₂)A. That covers averages of seeds and of clients
(federated learning), and adding and subtracting tasks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import torch
from torch import Tensor

from geoframe.errors import DataError
from geoframe_asymlora.files.stored import StoredAdapter, StoredLayer
from geoframe_asymlora.lora.factors import fingerprint


def combine(
    adapters: Sequence[StoredAdapter], weights: Sequence[float], *, with_heads: bool = True
) -> StoredAdapter:
    """Return the adapter whose update is the weighted sum of the adapters' updates.

    Parameters
    ----------
    adapters
        At least one; all with the same layers, scales and frozen factors.
    weights
        One for each adapter.
    with_heads
        Combine modules that were trained in full with the same weights; they have no zero to
        add from, so the weights must then sum to 1. False leaves them out.

    Raises
    ------
    DataError
        If the frozen factors differ, naming the first layer where they do.
    """
    if not adapters or len(adapters) != len(weights):
        raise DataError(f"{len(adapters)} adapters cannot be combined with {len(weights)} weights")
    first = adapters[0]
    for number, other in enumerate(adapters[1:], start=2):
        _check_alike(first, other, number)
    layers = {
        name: _combined(layer, [each.layers[name] for each in adapters], weights)
        for name, layer in first.layers.items()
    }
    if not with_heads or not first.trained:
        return attrs.evolve(first, layers=layers, trained={}, modules=())
    if not math.isclose(sum(weights), 1.0, abs_tol=1e-9):
        raise DataError(
            f"the weights sum to {sum(weights):g}: fully trained modules "
            f"({', '.join(first.modules)}) can be averaged, not added; leave them out, or let the "
            "weights sum to 1"
        )
    trained = {
        name: _sum([each.trained[name] for each in adapters], weights) for name in first.trained
    }
    return attrs.evolve(first, layers=layers, trained=trained)


def average(adapters: Sequence[StoredAdapter]) -> StoredAdapter:
    """Return the mean of adapters; raises as :func:`combine` does."""
    return combine(adapters, [1 / len(adapters)] * len(adapters))


def _combined(
    layer: StoredLayer, layers: Sequence[StoredLayer], weights: Sequence[float]
) -> StoredLayer:
    if layer.train == "B":
        return attrs.evolve(layer, b=_sum([each.b for each in layers], weights))
    return attrs.evolve(layer, a=_sum([each.a for each in layers], weights))


def _sum(tensors: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    total = torch.zeros_like(tensors[0], dtype=torch.float64)
    for tensor, weight in zip(tensors, weights, strict=True):
        total += weight * tensor.double()
    return total.to(tensors[0].dtype)


def _check_alike(first: StoredAdapter, other: StoredAdapter, number: int) -> None:
    if different := sorted(first.layers.keys() ^ other.layers.keys()):
        raise DataError(f"adapter {number} and the first do not both adapt '{different[0]}'")
    for name, layer in first.layers.items():
        theirs = other.layers[name]
        if layer.frozen is None or theirs.frozen is None:
            raise DataError(
                f"layer '{name}': both factors were trained in adapter "
                f"{1 if layer.frozen is None else number}; only adapters with the same frozen "
                "factor add up exactly (peft's add_weighted_adapter approximates others)"
            )
        if layer.frozen != theirs.frozen or layer.a.shape[1] != theirs.a.shape[1]:
            raise DataError(f"layer '{name}': adapter {number} froze another factor than the first")
        if fingerprint(layer.factor(layer.frozen)) != fingerprint(theirs.factor(layer.frozen)):
            raise DataError(
                f"layer '{name}': the frozen {layer.frozen} of adapter {number} is not that of the "
                "first; train all of them with the same adapter.seed"
            )
        if not math.isclose(layer.scale, theirs.scale):
            raise DataError(
                f"layer '{name}': adapter {number} has scale {theirs.scale:g}, the first "
                f"{layer.scale:g}"
            )
    if different := sorted(first.trained.keys() ^ other.trained.keys()):
        raise DataError(f"adapter {number} and the first do not both hold '{different[0]}'")
