"""Conditions on a sample: prior weights of the training items, and nothing else."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import attrs
import torch
from torch import Tensor

from geoframe import DataError
from geoframe_cfdm.sampling.collection import Collection
from geoframe_cfdm.sampling.standardize import Standardizer

ALIKE = 16.0
"""Training items that the known part leaves by default, as an effective number."""
DROPPED = 50.0
"""Items whose log-weight is lower than the best by more are left out: exp(-50) is 2e-22."""


@attrs.frozen(kw_only=True, eq=False)
class Condition:
    """What is known of the items to draw.

    Inpainting is Bayes' rule with the known coordinates: a training item has the prior weight
    exp(-|known - item|^2 / 2 tolerance^2), over the known coordinates alone.
    """

    label: int | None = None
    """Draw from the training items with this label only."""
    known: Tensor | None = None
    """An item ``item_shape`` of which some coordinates are known."""
    mask: Tensor | None = None
    """Which coordinates are known: booleans ``item_shape``."""
    tolerance: float | None = None
    """Standard deviation per standardised coordinate that known and training item may differ by;
    by default the smallest that leaves 16 training items (effectively; a tenth of few)."""
    log_weights: Tensor | None = None
    """Logarithm of the prior weight of each training item ``(n,)``, up to a constant; -inf leaves
    an item out."""

    def __attrs_post_init__(self) -> None:
        if (self.known is None) != (self.mask is None):
            raise DataError("inpainting needs both the known values and a mask of them")
        if self.mask is not None and self.mask.dtype != torch.bool:
            raise DataError(f"the mask must be booleans, not {self.mask.dtype}")
        if self.tolerance is not None and not self.tolerance > 0:
            raise DataError(f"the tolerance must be above 0, not {self.tolerance}")

    def key(self) -> str:
        """Return a digest that tells conditions apart."""
        content = hashlib.sha256(repr((self.label, self.tolerance)).encode())
        for tensor in (self.known, self.mask, self.log_weights):
            if tensor is not None:
                content.update(tensor.contiguous().numpy(force=True).tobytes())
        return content.hexdigest()


def as_condition(given: Any) -> Condition | None:
    """Take up a condition as the core states it, or one of this module; None stays None."""
    if given is None or isinstance(given, Condition):
        return given
    return Condition(label=given.label, known=given.known, mask=given.mask)


def log_weights_of(
    condition: Condition, collection: Collection, standardizer: Standardizer
) -> tuple[Tensor, Tensor | None]:
    """Indices ``(k,)`` of the items that a condition leaves, and their log-weights ``(k,)``.

    Raises
    ------
    DataError
        If the condition does not fit the data or leaves fewer than two items.
    """
    chosen = torch.arange(len(collection))
    weights: Tensor | None = None
    if condition.label is not None:
        chosen = _with_label(condition.label, collection)
    if condition.log_weights is not None:
        if condition.log_weights.shape != (len(collection),):
            raise DataError(f"log_weights must hold one number for each of {len(collection)} items")
        if bool((condition.log_weights.isnan() | condition.log_weights.isposinf()).any()):
            raise DataError("log_weights must be numbers, or -inf to leave an item out")
        weights = condition.log_weights[chosen].float()
    if condition.known is not None and condition.mask is not None:
        fitting = _log_likelihoods(condition, collection, standardizer, chosen)
        weights = fitting if weights is None else weights + fitting
    if weights is not None:
        kept = (weights > weights.max() - DROPPED).nonzero().squeeze(1)
        chosen, weights = chosen[kept], weights[kept]
    if not len(chosen):
        raise DataError("the condition leaves no training item")
    return chosen, weights


def _with_label(label: int, collection: Collection) -> Tensor:
    labels = collection.labels
    if labels is None:
        raise DataError("the data have no labels; name them with data.labels")
    chosen = (labels == label).nonzero().squeeze(1)
    if len(chosen) < 2:
        known = ", ".join(str(int(each)) for each in torch.unique(labels)[:20])
        raise DataError(f"label {label} has {len(chosen)} items; labels: {known}")
    return chosen


def _log_likelihoods(
    condition: Condition, collection: Collection, standardizer: Standardizer, chosen: Tensor
) -> Tensor:
    """Logarithm of exp(-|known - item|^2 / 2 tolerance^2) for the items ``chosen`` ``(k,)``."""
    assert condition.known is not None
    assert condition.mask is not None
    if condition.known.shape != collection.shape or condition.mask.shape != collection.shape:
        raise DataError(
            f"known values and mask must have the shape of an item, {collection.shape}, not "
            f"{tuple(condition.known.shape)} and {tuple(condition.mask.shape)}"
        )
    mask = condition.mask.reshape(-1)
    if not bool(mask.any()):
        raise DataError("the mask marks no coordinate as known")
    if standardizer.axes is not None:
        scale = torch.ones(int(mask.sum()))  # whitened axes mix coordinates: compare raw ones
    else:
        scale = standardizer.scale[mask]
    precise = standardizer.mean.dtype
    given = condition.known.reshape(-1)[mask].to(precise)
    if not bool(given.isfinite().all()):
        raise DataError("known values must be finite where the mask marks them as known")
    squares = torch.cat(
        [
            ((collection.flat[part][:, mask].to(precise) - given) / scale).square_().sum(1)
            for part in torch.split(chosen, 4096)
        ]
    )
    halves = (squares - squares.min()) / 2
    width = condition.tolerance or _width(halves, min(ALIKE, max(2.0, len(chosen) / 10)))
    return (-halves / width**2).float()


def _width(halves: Tensor, wanted: float) -> float:
    """Smallest width at which exp(-halves / width^2) gives weight to ``wanted`` items."""
    largest = max(float(halves.max()), 1e-12) ** 0.5
    low, high = math.log(1e-6 * largest), math.log(1e3 * largest)
    for _ in range(60):
        middle = (low + high) / 2
        weights = torch.softmax(-halves.double() / math.exp(2 * middle), 0)
        if 1 / float(weights.square().sum()) < wanted:
            low = middle
        else:
            high = middle
    return math.exp(high)
