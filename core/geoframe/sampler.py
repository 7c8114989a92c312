"""The Sampler interface: new items from a fitted distribution."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

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
