"""What samplers share that make an item of a training item and its neighbours."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Self

import attrs
import torch
from torch import Generator, Tensor

from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.recombination.config import RecombinationConfig
from geoframe_cfdm.recombination.neighbors import Neighbors
from geoframe_cfdm.sampling.collected import CollectionSampler
from geoframe_cfdm.sampling.collection import Collection
from geoframe_cfdm.sampling.distances import nearest_points
from geoframe_diffusion.noise import generator_of

PILOTS = 150
"""Samples by which a sampler chooses its strength."""
PILOT_SEED = 2**62
MOST_DUPLICATES = 0.02
"""Share of a pilot's samples that may be duplicates before any is drawn again."""
REDRAWN_NOTED = 0.03


@attrs.frozen(kw_only=True, eq=False)
class Composed:
    """Items made of others."""

    flat: Tensor
    """``(B, D)``, in the units of the data."""
    index: Tensor
    """Training items that each is made of ``(B, K)``."""
    share: Tensor
    """Their shares ``(B, K)``; they add up to 1."""


class RecombiningSampler(CollectionSampler):
    """Draws a training item, mixes it with its neighbours, and draws again what is a duplicate.

    The random numbers of a sample depend on the seed and its number alone. Training items take
    turns at being the first one, in an order that the seed gives.
    """

    Config: type[RecombinationConfig]

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.options = self.Config(**options)
        self._drawn = self._redrawn = 0

    @abstractmethod
    def _learn(self) -> None:
        """Learn from ``self.collection``: sets ``points`` and ``neighbors``, and the strength."""

    @abstractmethod
    def _compose(self, anchors: Tensor, generators: Sequence[Generator]) -> Composed:
        """Make an item of each of the training items ``anchors`` ``(B,)`` and its neighbours."""

    @abstractmethod
    def _located(self, flat: Tensor) -> Tensor:
        """Points of items ``(B, D)``, in which distances are measured."""

    @abstractmethod
    def _choices(self) -> dict[str, Any]:
        """What was chosen while learning, for :meth:`explain`."""

    points: Points
    neighbors: Neighbors

    def fit(self, data: Tensor, ids: Tensor | None = None) -> Self:
        """Learn from items ``(n, *item_shape)``; ``ids`` ``(n,)`` are what they are called by.

        Raises
        ------
        DataError
            If the data cannot be used.
        """
        return self._take(Collection.of(data, ids=ids))

    def _take(self, collection: Collection) -> Self:
        self._collection = collection
        self._drawn = self._redrawn = 0
        with torch.inference_mode():
            self._learn()
        return self

    def draw(self, n: int, *, seed: int, first: int = 0) -> dict[str, Tensor]:
        """Draw items of a stream, with the training items each is made of.

        Returns
        -------
        dict
            ``items`` ``(n, *item_shape)``; ``tuple_index`` and ``tuple_weight`` ``(n, K)``, the
            training items and their shares; ``redrawn`` ``(n,)``, how often a duplicate was
            thrown away for each.
        """
        size = self.options.batch_size
        with torch.inference_mode():
            parts = [
                self._batch(range(first + at, first + min(at + size, n)), seed)
                for at in range(0, max(n, 1), size)
            ]
        drawn = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
        self._drawn += n
        self._redrawn += int((drawn["redrawn"] > 0).sum())
        return drawn

    def _batch(self, numbers: range, seed: int) -> dict[str, Tensor]:
        generators = [generator_of(seed, number) for number in numbers]
        made = self._compose(self._anchors(numbers, seed), generators)
        items = self.collection.shaped(made.flat)
        flat, index, share = items.flatten(1).clone(), made.index.clone(), made.share.clone()
        redrawn = torch.zeros(len(numbers), dtype=torch.long)
        for _ in range(self.options.redraws):
            near = self._distances(flat) < self.neighbors.low
            again = near.nonzero()[:, 0]
            if not len(again):
                break
            chosen = [generators[row] for row in again.tolist()]
            others = [torch.randint(len(self.collection), (), generator=own) for own in chosen]
            made = self._compose(torch.stack(others), chosen)
            flat[again] = self.collection.shaped(made.flat).flatten(1)
            index[again], share[again] = made.index, made.share
            redrawn[again] += 1
        return {
            "items": flat.reshape(len(numbers), *self.item_shape),
            "tuple_index": self.collection.called(index),
            "tuple_weight": share,
            "redrawn": redrawn,
        }

    def _anchors(self, numbers: range, seed: int) -> Tensor:
        """Training items that samples begin at: each in turn, in an order of the seed's."""
        n = len(self.collection)
        rounds = sorted({number // n for number in numbers})
        # Numbered below 0, the generators belong to no sample.
        orders = {
            each: torch.randperm(n, generator=generator_of(seed, -2 - each)) for each in rounds
        }
        found = [orders[number // n][number % n] for number in numbers]
        return torch.stack(found) if found else torch.empty(0, dtype=torch.long)

    def _distances(self, flat: Tensor) -> Tensor:
        """Distance of items ``(B, D)`` to the nearest training item ``(B,)``."""
        if not len(flat):
            return torch.empty(0)
        return nearest_points(self.points, self._located(flat), 1)[0][:, 0].cpu()

    def _pilot(self) -> tuple[float, float]:
        """Median distance of pilot samples to the training items, and share of duplicates."""
        numbers = range(PILOTS)
        made = self._compose(
            self._anchors(numbers, PILOT_SEED), [generator_of(PILOT_SEED, k) for k in numbers]
        )
        distance = self._distances(self.collection.shaped(made.flat).flatten(1))
        duplicates = (distance < self.neighbors.low).double().mean()
        return float(distance.median()), float(duplicates)

    def explain(self) -> Sequence[Mapping[str, Any]]:
        """Say what was chosen, and the share of the samples that was drawn again."""
        redrawn = self._redrawn / self._drawn if self._drawn else None
        return [{"sampler": type(self).__name__, **self._choices(), "redrawn": redrawn}]
