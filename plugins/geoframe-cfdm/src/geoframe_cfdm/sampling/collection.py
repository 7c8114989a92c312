"""The items that a sampler was fitted to: what may be among them, and how they look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import attrs
import torch
from torch import Tensor

from geoframe import DataError


@attrs.frozen(kw_only=True, eq=False)
class Collection:
    """Training items; adding and removing give another collection."""

    flat: Tensor
    """``(n, D)``, of the users' dtype."""
    shape: tuple[int, ...]
    """Shape of one item."""
    labels: Tensor | None = None
    """Integers ``(n,)``."""
    ids: Tensor | None = None
    """Integers ``(n,)`` that the items are called by; None for their positions."""

    @classmethod
    def of(cls, data: Tensor, labels: Tensor | None = None, ids: Tensor | None = None) -> Self:
        """Take items ``(n, *item_shape)``.

        Raises
        ------
        DataError
            If there are fewer than two, or another number of labels or ids.
        """
        if data.ndim < 2 or len(data) < 2 or data[0].numel() == 0:
            raise DataError(
                f"closed-form diffusion needs at least two items (n, ...), got {tuple(data.shape)}"
            )
        if data.is_complex() or data.dtype == torch.bool:
            raise DataError(f"items must be real numbers, not {data.dtype}")
        for name, given in (("labels", labels), ("ids", ids)):
            if given is not None:
                _check_integers(given, name, len(data))
        return cls(flat=data.flatten(1), shape=tuple(data.shape[1:]), labels=labels, ids=ids)

    def tensors(self) -> dict[str, Tensor]:
        """What :meth:`of` takes to make the collection again, by name."""
        given = {
            "data": self.flat.reshape(len(self.flat), *self.shape),
            "labels": self.labels,
            "ids": self.ids,
        }
        return {name: value for name, value in given.items() if value is not None}

    def __len__(self) -> int:
        return len(self.flat)

    def added(self, data: Tensor, labels: Tensor | None) -> Self:
        """Return the collection with items ``(m, *item_shape)`` after the others.

        Raises
        ------
        DataError
            If shape or labels do not fit.
        """
        if tuple(data.shape[1:]) != self.shape:
            raise DataError(f"items have shape {self.shape}, not {tuple(data.shape[1:])}")
        if torch.promote_types(data.dtype, self.flat.dtype) != self.flat.dtype:
            raise DataError(
                f"items are {self.flat.dtype}, which {data.dtype} does not go into; convert them"
            )
        if (labels is None) != (self.labels is None):
            raise DataError("either all items have labels or none has")
        if labels is not None and self.labels is not None:
            _check_integers(labels, "labels", len(data))
            labels = torch.cat([self.labels, labels])
        flat = torch.cat([self.flat, data.flatten(1).to(self.flat.dtype)])
        ids = self.ids
        if ids is not None:  # new items are called by the next numbers
            ids = torch.cat([ids, ids.max() + 1 + torch.arange(len(data))])
        return attrs.evolve(self, flat=flat, labels=labels, ids=ids)

    def removed(self, index: Tensor | Sequence[int]) -> Self:
        """Return the collection without some items; those after them move up.

        Raises
        ------
        DataError
            If fewer than two would be left, or an index does not exist.
        """
        gone = torch.as_tensor(index, dtype=torch.long)
        if len(gone) and not bool(((gone >= 0) & (gone < len(self))).all()):
            raise DataError(f"indices must be between 0 and {len(self) - 1}")
        kept = torch.ones(len(self), dtype=torch.bool)
        kept[gone] = False
        if int(kept.sum()) < 2:
            raise DataError("at least two items must be left")
        labels = None if self.labels is None else self.labels[kept]
        ids = None if self.ids is None else self.ids[kept]
        return attrs.evolve(self, flat=self.flat[kept], labels=labels, ids=ids)

    def called(self, positions: Tensor) -> Tensor:
        """Ids of the items at ``positions`` ``(...)``; -1, for no item, stays."""
        if self.ids is None:
            return positions
        return torch.where(positions >= 0, self.ids[positions.clamp_min(0)], positions)

    def shaped(self, flat: Tensor) -> Tensor:
        """Make items ``(m, *item_shape)`` of floats ``(m, D)``, in the dtype of the collection.

        Whole numbers are rounded, within their range.
        """
        items, dtype = flat.reshape(len(flat), *self.shape), self.flat.dtype
        if dtype.is_floating_point:
            return items.to(dtype)
        limits = torch.iinfo(dtype)
        return items.round().clamp(limits.min, limits.max).to(dtype)


def _check_integers(values: Tensor, name: str, n: int) -> None:
    if values.shape != (n,):
        raise DataError(f"{name} must be one for each of {n} items, not {tuple(values.shape)}")
    if values.is_floating_point() or values.is_complex() or values.dtype == torch.bool:
        raise DataError(f"{name} must be integers, not {values.dtype}")
