"""Conditions on a sample: prior weights of the training items, and nothing else."""

from __future__ import annotations

import hashlib

import attrs
import torch
from torch import Tensor

from geoframe import DataError
from geoframe_cfdm.standardize import Standardizer

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
    by default the root mean square difference of the closest training item."""

    def __attrs_post_init__(self) -> None:
        if (self.known is None) != (self.mask is None):
            raise DataError("inpainting needs both the known values and a mask of them")

    def key(self) -> str:
        """Return a digest that tells conditions apart."""
        content = hashlib.sha256(repr((self.label, self.tolerance)).encode())
        for tensor in (self.known, self.mask):
            if tensor is not None:
                content.update(tensor.contiguous().numpy(force=True).tobytes())
        return content.hexdigest()


def log_weights_of(
    condition: Condition,
    data: Tensor,
    labels: Tensor | None,
    item_shape: tuple[int, ...],
    standardizer: Standardizer,
) -> tuple[Tensor, Tensor | None]:
    """Indices ``(k,)`` of the items that a condition leaves, and their log-weights ``(k,)``.

    Raises
    ------
    DataError
        If the condition does not fit the data or leaves fewer than two items.
    """
    chosen = torch.arange(len(data))
    if condition.label is not None:
        if labels is None:
            raise DataError("the data have no labels; name them with data.labels")
        chosen = (labels == condition.label).nonzero().squeeze(1)
        if len(chosen) < 2:
            known = ", ".join(str(int(each)) for each in torch.unique(labels)[:20])
            raise DataError(f"label {condition.label} has {len(chosen)} items; labels: {known}")
    if condition.known is None or condition.mask is None:
        return chosen, None
    if condition.known.shape != item_shape or condition.mask.shape != item_shape:
        raise DataError(f"known values and mask must have the shape of an item, {item_shape}")
    mask = condition.mask.reshape(-1)
    if not bool(mask.any()):
        raise DataError("the mask marks no coordinate as known")
    if standardizer.axes is not None:
        scale = torch.ones(int(mask.sum()))  # whitened axes mix coordinates: compare raw ones
    else:
        scale = standardizer.scale[mask]
    given = condition.known.reshape(-1)[mask].float()
    squares = torch.cat(
        [
            ((data[part][:, mask].float() - given) / scale).square_().sum(1)
            for part in torch.split(chosen, 4096)
        ]
    )
    closest = float(squares.min())
    width = condition.tolerance or max(closest / int(mask.sum()), 1e-8) ** 0.5
    weights = -(squares - closest) / (2 * width**2)
    kept = weights > -DROPPED
    return chosen[kept], weights[kept]
