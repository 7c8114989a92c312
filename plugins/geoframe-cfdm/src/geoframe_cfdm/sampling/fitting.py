"""Fitting any sampler to items, with what it can make use of."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from geoframe import Conditional, Provenance, Sampler, capability
from geoframe_cfdm.recombination.rows import TakesCategories
from geoframe_cfdm.recombination.target import TakesTarget


def fit_sampler(
    sampler: Sampler,
    data: Tensor,
    labels: Tensor | None,
    ids: Tensor | None,
    levels: Tensor | None = None,
    target: int | None = None,
) -> None:
    """Fit a sampler to items ``(n, *item_shape)``.

    Parameters
    ----------
    labels
        Integers ``(n,)``, given to a sampler that draws under conditions.
    ids
        Integers ``(n,)``, given to a sampler that says what samples are made of.
    levels
        Number of categories of each column ``(d,)``, given to a sampler that takes categories.
    target
        Column that the others are to predict, given to a sampler that keeps it close to them.
    """
    known: dict[str, Any] = {}
    if capability(sampler, Conditional) is not None:
        known["labels"] = labels
    if capability(sampler, Provenance) is not None:
        known["ids"] = ids
    if levels is not None and capability(sampler, TakesCategories) is not None:
        known["levels"] = levels
    if target is not None and capability(sampler, TakesTarget) is not None:
        known["target"] = target
    sampler.fit(data, **known)


def is_the_data(sampler: Sampler, data: Tensor) -> bool:
    """Whether a sampler's fitted state is the data themselves, as those of closed form."""
    start = data.untyped_storage().data_ptr()
    return any(each.untyped_storage().data_ptr() == start for each in sampler.fitted().values())
