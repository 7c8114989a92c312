"""The exact posterior mean as a denoiser in the units of the data (capability ``Denoises``)."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from geoframe import DataError
from geoframe_cfdm.engines.choice import MIB
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.sampling.collection import Collection
from geoframe_diffusion.exact import posterior_mean


def posterior_means(
    points: Points,
    collection: Collection,
    noisy: Tensor,
    sigma: float | Tensor,
    condition: Tensor | None,
    *,
    memory: float,
) -> Tensor:
    """Mean of the training items given ``noisy = item + sigma e``; differentiable in ``noisy``.

    In standardised units this is the posterior of the closed-form score at
    ``t = 1 / (1 + sigma / scale)``, without smoothing.

    Parameters
    ----------
    noisy
        ``(B, *item_shape)``.
    condition
        Labels ``(B,)``, each row with one of its own; -1, or None, stands for all items.
    memory
        MiB that the logits of a block of points may take.

    Raises
    ------
    DataError
        If coordinates have scales of their own, in which noise of one sigma is no longer of one
        size, or the condition does not fit the data.
    """
    standardizer, unit = points.standardizer, points.standardizer.one_scale
    if unit is None:
        raise DataError(
            "a denoiser in the units of the data needs them standardised by one scale; set "
            "sampler.standardize to 'scale' or 'none'"
        )
    labels = None if condition is None else _known_labels(condition, collection, len(noisy))
    mean = standardizer.mean.to(noisy)
    states = (noisy.flatten(1) - mean) / unit
    size = max(256, int(memory * MIB / 8 / max(1, len(noisy)) / noisy.element_size()))

    def blocks() -> Iterator[tuple[Tensor, Tensor | None]]:
        for start, part in points.blocks(size):
            weights = None
            if points.log_weights is not None:
                weights = points.log_weights[start : start + len(part)]
            if labels is not None and collection.labels is not None:
                own = collection.labels[start : start + len(part)].to(labels)
                other = (labels[:, None] != own) & (labels[:, None] >= 0)
                hidden = noisy.new_zeros(other.shape).masked_fill(other, -torch.inf)
                weights = hidden if weights is None else hidden + weights.to(noisy)
            yield part, weights

    found = posterior_mean(states, sigma / unit, blocks())
    return (found * unit + mean).reshape(noisy.shape)


def _known_labels(condition: Tensor, collection: Collection, rows: int) -> Tensor:
    if condition.shape != (rows,) or condition.is_floating_point():
        raise DataError(
            f"a condition is one label for each of {rows} rows, not {tuple(condition.shape)} "
            f"{condition.dtype}"
        )
    asked = condition[condition >= 0].unique()
    known = collection.labels
    if len(asked) and known is None:
        raise DataError("the data have no labels; name them with data.labels")
    if known is not None:
        missing = asked[~torch.isin(asked, known.to(asked))]
        if len(missing):
            raise DataError(f"no training item has label {int(missing[0])}")
    return condition
