"""Sampling in the latent coordinates of an autoencoder."""

from __future__ import annotations

from typing import Any, Self, TypeVar

import torch
from torch import Tensor

from geoframe import Conditional, Provenance, Sampler, capability
from geoframe_cfdm.latents.base import Autoencoder
from geoframe_cfdm.sampling.collection import Collection
from geoframe_cfdm.sampling.fitting import fit_sampler

P = TypeVar("P")


class LatentSampler(Sampler):
    """Draws latent coordinates with one sampler and decodes them.

    Parameters
    ----------
    inner
        Sampler of latent coordinates.
    autoencoder
        A prepared autoencoder.
    """

    def __init__(self, inner: Sampler, autoencoder: Autoencoder) -> None:
        super().__init__()
        self.inner, self.autoencoder = inner, autoencoder

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of a decoded item."""
        return self.collection.shape

    def fit(self, data: Tensor, labels: Tensor | None = None, ids: Tensor | None = None) -> Self:
        """Encode items ``(n, *item_shape)`` and fit the inner sampler to their latents."""
        self.hold(data, labels, ids)
        latents = self.autoencoder.encode_all(self.collection.flat)
        fit_sampler(self.inner, latents, labels, ids)
        return self

    def hold(self, data: Tensor, labels: Tensor | None = None, ids: Tensor | None = None) -> Self:
        """Take the items without fitting the inner sampler, which has its state already."""
        self.collection = Collection.of(data, labels, ids)
        return self

    def capability(self, protocol: type[P]) -> P | None:
        """What the inner sampler can do with labels and row numbers, it does for latents too."""
        passed_on = protocol is Conditional or protocol is Provenance
        return capability(self.inner, protocol) if passed_on else None

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw latents and decode them."""
        return self._decoded(self.inner.sample(n, generator=generator))

    def draw(self, n: int, *, seed: int, first: int = 0, **options: Any) -> dict[str, Tensor]:
        """Draw items with what the inner sampler tells of each, and their ``latents``."""
        drawn = self.inner.draw(n, seed=seed, first=first, **options)
        return {**drawn, "items": self._decoded(drawn["items"]), "latents": drawn["items"]}

    def explain(self) -> Any:
        """Explain the inner sampler's steps."""
        return self.inner.explain()

    def _decoded(self, latents: Tensor) -> Tensor:
        return self.collection.shaped(self.autoencoder.decode_all(latents))
