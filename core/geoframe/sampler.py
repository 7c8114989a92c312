"""The Sampler interface: new items from a fitted distribution."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Self

import torch
from torch import Tensor, nn


class Sampler(nn.Module, ABC):
    """Draws items ``(n, *item_shape)`` after :meth:`fit`; the same seed gives the same items."""

    @property
    @abstractmethod
    def item_shape(self) -> tuple[int, ...]:
        """Shape of one item; known after :meth:`fit`."""

    @abstractmethod
    def fit(self, data: Tensor) -> Self:
        """Learn from items ``(n, *item_shape)`` and return the sampler itself."""

    @abstractmethod
    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw ``n`` items -> ``(n, *item_shape)``; all randomness comes from ``generator``."""

    def draw(self, n: int, *, seed: int, first: int = 0) -> dict[str, Tensor]:
        """Draw items ``first`` ... ``first + n - 1`` of the endless stream that ``seed`` defines.

        This is what lets a long sampling be cut into pieces and resumed. By default the same cut
        gives the same items; a sampler that can seed each item on its own overrides this, so
        that the items do not depend on the cut.

        Returns
        -------
        dict
            ``"items"`` ``(n, *item_shape)``, and what the sampler can tell of each item: tensors
            of the same length.
        """
        digest = hashlib.sha256(f"{seed} {first}".encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
        return {"items": self.sample(n, generator=generator)}

    def explain(self) -> Sequence[Mapping[str, Any]]:
        """Rows that say how the last items were computed; empty if there is nothing to tell."""
        return ()
