"""The Adapter interface: changing a pretrained module with few parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path

from torch import Tensor, nn

Passes = Callable[[nn.Module], Iterable[Tensor]]
"""Runs a model over some batches of data and yields the loss of each, a scalar."""


class Adapter(ABC):
    """Attaches small trainable parts to a pretrained module."""

    adapted: nn.Module
    """The module with the adapter in it, once attached."""

    @abstractmethod
    def attach(self, model: nn.Module, passes: Passes | None = None) -> nn.Module:
        """Put the adapter into ``model`` and return :attr:`adapted`, ready to train.

        Only the adapter's parameters, and modules that its options name, require gradients
        afterwards.

        Parameters
        ----------
        passes
            Lets an adapter look at data before it decides what to train; most ignore it.

        Raises
        ------
        ConfigError
            If the options do not fit the model, or ask for data and there are none.
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
        """Attach to ``model`` the adapter that :meth:`save` wrote into ``path``.

        Its :attr:`adapted` gives the same outputs and trains the same parameters.
        """
