"""The Adapter interface: changing a pretrained module with few parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from torch import nn


class Adapter(ABC):
    """Attaches small trainable parts to a pretrained module."""

    @abstractmethod
    def attach(self, model: nn.Module) -> nn.Module:
        """Put the adapter into ``model`` and return the adapted module, ready to train.

        Only the adapter's parameters require gradients afterwards.
        """

    @abstractmethod
    def merge(self) -> nn.Module:
        """Fold the adapter into the weights and return a plain module with the same outputs."""

    @abstractmethod
    def save(self, path: Path) -> None:
        """Write the adapter's own parameters and options into the folder ``path``."""

    @classmethod
    @abstractmethod
    def load(cls, model: nn.Module, path: Path) -> Adapter:
        """Attach to ``model`` the adapter that :meth:`save` wrote into ``path``."""
