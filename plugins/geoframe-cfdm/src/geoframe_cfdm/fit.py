"""From a config to a fitted sampler, and back from a run directory."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any

import attrs
import torch
from torch import Tensor

from geoframe import Conditional, ConfigError, Denoises, RunError, Sampler, capability
from geoframe.run.directory import Run
from geoframe_cfdm.conditioning import condition_of
from geoframe_cfdm.config import CFDMConfig, ItemsConfig
from geoframe_cfdm.data import load_items, might_be_table
from geoframe_cfdm.engines.choice import MIB
from geoframe_cfdm.latents.base import Autoencoder
from geoframe_cfdm.latents.sampler import LatentSampler
from geoframe_cfdm.mixed import levels_of
from geoframe_cfdm.recombination.auto import AutoSampler
from geoframe_cfdm.recombination.rows import RowEncoder, TakesCategories
from geoframe_cfdm.sampling.condition import Condition
from geoframe_cfdm.sampling.fitting import fit_sampler, is_the_data
from geoframe_data import Items, Schema

STATE = "sampler"
"""Tensors of a run that hold the fitted state of its sampler."""
MOST_COMPARED = 10_000
"""Items that samples are compared with: measures of more would take long and gain nothing."""


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Fitted:
    """What sampling and its evaluation need."""

    sampler: Sampler
    data_config: ItemsConfig
    items: Items
    """All items; what the sampler says of training items are rows of these."""
    train: Tensor
    """Rows of the items that the sampler was fitted to ``(n,)``."""
    data: Tensor
    """These items ``(n, *item_shape)``."""
    compared: Tensor
    """Items ``(k, *item_shape)`` to compare samples with; of one label if that was asked for."""
    held_out: bool
    """Whether the sampler never saw those; otherwise they are training items."""
    facts: dict[str, float]
    """What fitting reported."""

    @property
    def latent(self) -> LatentSampler | None:
        """The sampler, if it samples latents."""
        return self.sampler if isinstance(self.sampler, LatentSampler) else None

    @property
    def inner(self) -> Sampler:
        """The sampler that was fitted to the items or to their latents; what auto chose."""
        found = self.sampler if self.latent is None else self.latent.inner
        return found.chosen if isinstance(found, AutoSampler) else found

    @property
    def levels(self) -> Tensor | None:
        """Number of categories of each column, of rows that hold more than numbers."""
        return levels_of(self.items)

    @cached_property
    def as_numbers(self) -> Callable[[Tensor], Tensor]:
        """Items as numbers without gaps, one coordinate per category; themselves if they are."""
        if self.levels is None:
            return torch.nn.Identity()
        return RowEncoder.of(self.data, self.levels)


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
    items = read_items(config, run, restore=restore)
    condition = condition_of(config, items)
    _record(items, condition, run, restore=restore)
    train, others = _split(items, config)
    data = torch.from_numpy(items.data)
    if len(others):
        data = data[train]  # else all of them may be on the disk
    labels = None if items.labels is None else torch.from_numpy(items.labels)[train]
    sampler: Sampler = config.sampler.build(**_by_column(config, items))
    measured: dict[str, float] = {}
    if config.cfdm.latent_dim:
        autoencoder = _autoencoder(config, items)
        if restore:
            autoencoder.load_state_dict(run.read_tensors("autoencoder"))
        else:
            measured = autoencoder.prepare(data.flatten(1), config.trainer.build(), run)
            run.write_tensors("autoencoder", autoencoder.state_dict())
        sampler = LatentSampler(sampler, autoencoder.eval())
    _fit(
        sampler,
        data,
        labels,
        train,
        run,
        levels=levels_of(items),
        target=target_of(config, items),
        restore=restore,
    )
    compared, held_out = _compared(items, train, others, condition)
    fitted = Fitted(
        sampler=sampler,
        data_config=config.data,
        items=items,
        train=train,
        data=data,
        compared=compared,
        held_out=held_out,
        facts=measured,
    )
    conditional = capability(fitted.inner, Conditional)
    if conditional is not None:
        conditional.condition_on(condition)
    return fitted


def read_items(config: CFDMConfig, run: Run, *, restore: bool = False) -> Items:
    """Read the items of a run; those of a finished one by the types that its columns had.

    Raises
    ------
    DataError
        If the data cannot be used.
    """
    kept = run.manifest.get("data", {}).get("schema") if restore else None
    schema = Schema.from_plain(kept) if kept else None
    return load_items(
        config.data, schema=schema, mixed=takes_mixed(config), transparent=keeps_transparent(config)
    )


def _fit(
    sampler: Sampler,
    data: Tensor,
    labels: Tensor | None,
    ids: Tensor,
    run: Run,
    *,
    levels: Tensor | None,
    target: int | None,
    restore: bool,
) -> None:
    """Fit a sampler and keep its state, or take the state up that a finished run kept.

    A state that is the data themselves is not kept a second time: the data's digest is.
    """
    inner = sampler.inner if isinstance(sampler, LatentSampler) else sampler
    if restore and (run.path / f"{STATE}.safetensors").exists():
        inner.restore(run.read_tensors(STATE))
        if isinstance(sampler, LatentSampler):
            sampler.hold(data, labels, ids)
        return
    fit_sampler(sampler, data, labels, ids, levels, target)
    if not restore and not is_the_data(inner, data):
        run.write_tensors(STATE, inner.fitted())


def target_of(config: CFDMConfig, items: Items) -> int | None:
    """Place of the column ``evaluation.target`` among the columns; None if it is left out.

    Raises
    ------
    ConfigError
        If there is no such column.
    """
    target = config.evaluation.target
    if target is None:
        return None
    if target not in items.columns:
        known = ", ".join(items.columns) or "none"
        raise ConfigError([f"evaluation.target: no column '{target}'; columns: {known}"])
    return items.columns.index(target)


def takes_mixed(config: CFDMConfig) -> bool:
    """Whether the sampler takes rows of more than numbers."""
    if config.cfdm.latent_dim or not might_be_table(config.data):
        return False
    return capability(config.sampler.build(), TakesCategories) is not None


def keeps_transparent(config: CFDMConfig) -> bool:
    """Whether the transparent parts of images stay, where the config leaves that open."""
    if config.cfdm.latent_dim or config.data.path is None or might_be_table(config.data):
        return False
    return capability(config.sampler.build(), Denoises) is None


def _by_column(config: CFDMConfig, items: Items) -> dict[str, str]:
    """Options of the sampler that a table decides: its columns have units of their own."""
    left_open = getattr(config.sampler.options, "standardize", None) == "auto"
    in_table = items.kind == "table" and not config.cfdm.latent_dim
    return {"standardize": "feature"} if left_open and in_table else {}


def _record(items: Items, condition: Condition | None, run: Run, *, restore: bool) -> None:
    """Note what the samples depend on besides the config, or check that it is the same."""
    facts: dict[str, Any] = {
        "items": len(items.data),
        "shape": list(items.data.shape[1:]),
        "sha256": items.fingerprint(),
    }
    if items.schema is not None:
        facts["schema"] = items.schema.to_plain()
    if condition is not None:
        facts["condition_sha256"] = condition.key()
    if not restore:
        run.record(data=facts, repairs=list(items.notes))
        return
    before = run.manifest["data"]
    if before["sha256"] != facts["sha256"]:
        changed = items.origin
    elif before.get("condition_sha256") != facts.get("condition_sha256"):
        changed = "cfdm.inpaint: the known item or its mask"
    else:
        return
    raise RunError(
        f"{run.path}: {changed} has changed since the run; bring the old data back or run again"
    )


def _autoencoder(config: CFDMConfig, items: Items) -> Autoencoder:
    shape = items.data.shape[1:]
    context: dict[str, Any] = {
        "in_features": math.prod(shape),
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


def _split(items: Items, config: CFDMConfig) -> tuple[Tensor, Tensor]:
    """Rows to sample from, and rows to hold out.

    None are held out of data beyond the sampler's memory budget: the rest would be a copy.
    """
    n = len(items.data)
    count = round(config.evaluation.holdout * n)
    budget = getattr(config.sampler.options, "memory", torch.inf) * MIB
    if count < 2 or n - count < 2 or items.data.nbytes > budget:
        return torch.arange(n), torch.arange(0)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(config.seed))
    return order[count:].sort().values, order[:count].sort().values


def _compared(
    items: Items, train: Tensor, others: Tensor, condition: Condition | None
) -> tuple[Tensor, bool]:
    """Items to compare samples with, and whether they were held out."""
    if condition is not None and condition.label is not None and items.labels is not None:
        labels = torch.from_numpy(items.labels)
        train = train[labels[train] == condition.label]
        others = others[labels[others] == condition.label]
    rows, held_out = (others, True) if len(others) > 1 else (train, False)
    return torch.from_numpy(items.data)[rows[:: -(-len(rows) // MOST_COMPARED)]], held_out
