"""From a config to a fitted sampler, and back from a run directory."""

from __future__ import annotations

from typing import Any, Self

import attrs
import torch
from torch import Tensor

from geoframe import ConfigError, RunError, Sampler
from geoframe.run.directory import Run
from geoframe_cfdm.data.config import ItemsConfig
from geoframe_cfdm.data.items import Items
from geoframe_cfdm.data.readers import load_items
from geoframe_cfdm.latents.base import Autoencoder
from geoframe_cfdm.method_config import CFDMConfig
from geoframe_cfdm.sampler import ClosedFormDiffusion


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
        return self._shape

    def fit(self, data: Tensor, labels: Tensor | None = None) -> Self:
        """Encode items ``(n, *item_shape)`` and fit the inner sampler to their latents."""
        self._shape, self._dtype = tuple(data.shape[1:]), data.dtype
        fit(self.inner, self.autoencoder.encode_all(data.flatten(1)), labels)
        return self

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
        items = self.autoencoder.decode_all(latents).reshape(len(latents), *self._shape)
        if self._dtype.is_floating_point:
            return items.to(self._dtype)
        limits = torch.iinfo(self._dtype)
        return items.round().clamp(limits.min, limits.max).to(self._dtype)


def fit(sampler: Sampler, data: Tensor, labels: Tensor | None) -> None:
    """Fit a sampler, with labels if it takes them."""
    if labels is not None and isinstance(sampler, ClosedFormDiffusion | LatentSampler):
        sampler.fit(data, labels)
    else:
        sampler.fit(data)


@attrs.frozen(eq=False)
class Fitted:
    """What sampling and its evaluation need."""

    sampler: Sampler
    data_config: ItemsConfig
    train: Items
    held_out: Tensor
    """Items ``(k, *item_shape)`` that the sampler never saw; the training items if none were."""
    facts: dict[str, float]
    """What fitting reported."""

    @property
    def latent(self) -> LatentSampler | None:
        """The sampler, if it samples latents."""
        return self.sampler if isinstance(self.sampler, LatentSampler) else None


def prepare(config: CFDMConfig, run: Run, *, restore: bool = False) -> Fitted:
    """Read the data and fit the sampler.

    Parameters
    ----------
    restore
        Take up a finished run: check that the data are the same, and read the autoencoder.

    Raises
    ------
    DataError
        If the data cannot be used.
    RunError
        If the data of a finished run have changed.
    """
    items = load_items(config.data)
    fingerprint = items.fingerprint()
    facts = {"items": len(items.data), "shape": list(items.data.shape[1:]), "sha256": fingerprint}
    if restore:
        if run.manifest["data"]["sha256"] != fingerprint:
            raise RunError(
                f"{run.path}: {items.origin} has changed since the run; bring the old data back "
                "or run again"
            )
    else:
        run.record(data=facts)
    train, held_out = _split(items, config.evaluation.holdout, config.seed)
    sampler: Sampler = config.sampler.build()
    measured: dict[str, float] = {}
    if config.cfdm.latent_dim:
        autoencoder = _autoencoder(config, train)
        if restore:
            autoencoder.load_state_dict(run.read_tensors("autoencoder"))
        else:
            measured = autoencoder.prepare(train.data.flatten(1), config.trainer.build(), run)
            run.write_tensors("autoencoder", autoencoder.state_dict())
        sampler = LatentSampler(sampler, autoencoder.eval())
    fit(sampler, train.data, train.labels)
    return Fitted(sampler, config.data, train, held_out, measured)


def _autoencoder(config: CFDMConfig, train: Items) -> Autoencoder:
    shape = train.data.shape[1:]
    context: dict[str, Any] = {
        "in_features": shape.numel(),
        "out_features": config.cfdm.latent_dim,
    }
    if getattr(config.embedder.options, "shape", ()) is None:
        context["shape"] = tuple(shape)
    embedder = config.embedder.build(**context)
    if not isinstance(embedder, Autoencoder):
        raise ConfigError(
            [
                f"embedder.name: '{config.embedder.name}' has no way back from latents to items; "
                "use pca, conv-autoencoder, autoencoder-kl or another Autoencoder"
            ]
        )
    return embedder


def _split(items: Items, share: float, seed: int) -> tuple[Items, Tensor]:
    count = round(share * len(items.data))
    if count < 2 or len(items.data) - count < 2:
        return items, items.data
    order = torch.randperm(len(items.data), generator=torch.Generator().manual_seed(seed))
    held, kept = order[:count].sort().values, order[count:].sort().values
    labels = None if items.labels is None else items.labels[kept]
    return attrs.evolve(items, data=items.data[kept], labels=labels), items.data[held]
