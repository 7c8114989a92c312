"""What samplers share that keep the items they were fitted to."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Self

import torch
from torch import Generator, Tensor

from geoframe import DataError, Sampler
from geoframe_cfdm.sampling.collection import Collection


class CollectionSampler(Sampler):
    """Draws items of the training items; all that it learned follows from these.

    So items can be added and removed, and the result is equal to the last bit to a sampler that
    was fitted to those that are left.
    """

    def __init__(self) -> None:
        super().__init__()
        self._collection: Collection | None = None

    @abstractmethod
    def _take(self, collection: Collection) -> Self:
        """Learn from a collection, and keep it as ``self._collection``."""

    @property
    def collection(self) -> Collection:
        """The training items.

        Raises
        ------
        DataError
            Before :meth:`fit`.
        """
        if self._collection is None:
            raise DataError("the sampler has no data yet; call fit(data)")
        return self._collection

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of one item."""
        return self.collection.shape

    def add(self, data: Tensor, labels: Tensor | None = None) -> Self:
        """Add items ``(m, *item_shape)``; equal to the last bit to fitting on all of them.

        Raises
        ------
        DataError
            If shape or labels do not fit.
        """
        return self._take(self.collection.added(data, labels))

    def remove(self, index: Tensor | Sequence[int]) -> Self:
        """Forget items for good; equal to the last bit to never having seen them.

        There is nothing of them left in scales, neighbours, choices or indices: all are made
        again from the items that stay, which move up.

        Raises
        ------
        DataError
            If fewer than two items would be left, or an index does not exist.
        """
        return self._take(self.collection.removed(index))

    def fitted(self) -> dict[str, Tensor]:
        """The data: all else follows from them."""
        return self.collection.tensors()

    def restore(self, fitted: Mapping[str, Tensor]) -> Self:
        """Learn from the same data again."""
        return self._take(Collection.of(**fitted))

    def sample(self, n: int, *, generator: Generator | None = None) -> Tensor:
        """Draw ``n`` items; ``generator`` gives the seed of their stream."""
        seed = int(torch.randint(2**62, (), generator=generator))
        return self.draw(n, seed=seed)["items"]

    def provenance(self, drawn: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Training items and their shares, of what :meth:`draw` returned."""
        return drawn["tuple_index"], drawn["tuple_weight"]
