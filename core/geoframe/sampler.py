"""The Sampler interface: new items from a fitted distribution."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Self

import torch
from torch import Tensor, nn

from geoframe.errors import RunError


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

    def fitted(self) -> dict[str, Tensor]:
        """All that :meth:`fit` learned, as tensors; a run keeps them.

        By default the module's ``state_dict``. A sampler that keeps more than parameters and
        buffers, or whose buffers get their shapes from the data, overrides this together with
        :meth:`restore`.
        """
        return self.state_dict()

    def restore(self, fitted: Mapping[str, Tensor]) -> Self:
        """Take up what :meth:`fitted` gave, in a sampler with the same options, and return it.

        It then draws the same items to the bit.

        Raises
        ------
        RunError
            If the tensors are not those of such a sampler.
        """
        for name, value in fitted.items():
            owner, _, last = name.rpartition(".")
            module = self.get_submodule(owner) if owner else self
            if last in module._buffers:  # its shape may have come from the data
                module._buffers[last] = torch.empty_like(value)
        try:
            self.load_state_dict(dict(fitted))
        except RuntimeError as error:
            raise RunError(f"the kept state is of another {type(self).__name__}: {error}") from None
        return self

    def explain(self) -> Sequence[Mapping[str, Any]]:
        """Rows that say how the last items were computed; empty if there is nothing to tell."""
        return ()
