"""Samplers beside each other on the same data, splits and measures."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import torch
from torch import Tensor

import geoframe
from geoframe import Sampler, capability
from geoframe_cfdm.config import CFDMConfig
from geoframe_cfdm.data import load_items
from geoframe_cfdm.fit import target_of
from geoframe_cfdm.likeness import Likeness
from geoframe_cfdm.mixed import filled, levels_of
from geoframe_cfdm.recombination.rows import TakesCategories
from geoframe_cfdm.sampling.fitting import fit_sampler

TRAINING = "training items"
"""The row of real items: what a sampler that copies would get."""
ON_IMAGES = ("auto", "closed-form", "pca-mixture")
ON_ROWS = ("auto", "closed-form", "gaussian-copula", "smote")
HOLDOUT = 0.2


@attrs.frozen(kw_only=True)
class Standing:
    """What one sampler did with one split."""

    sampler: str
    seed: int
    measures: dict[str, float]


def leaderboard(
    config: CFDMConfig,
    samplers: Sequence[str] = (),
    *,
    seeds: int = 1,
    samples: int | None = None,
) -> Iterator[Standing]:
    """Fit samplers to 80 % of the items and compare what they draw with the others.

    Parameters
    ----------
    samplers
        Names; those that suit the data if left out. A name has its default options, but that of
        the config has the config's.
    seeds
        Number of splits; the seed of a split also draws the samples.
    samples
        Samples of each; as many as items are held out if left out, for rows as many as are not.

    Raises
    ------
    ConfigError
        If there is no such column as ``evaluation.target``, or a sampler does not take the data.
    """
    items = load_items(config.data, least=10, mixed=not config.cfdm.latent_dim)
    data, levels = torch.from_numpy(items.data), levels_of(items)
    place = target_of(config, items)
    for seed in range(config.seed, config.seed + seeds):
        order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
        count = max(2, round(HOLDOUT * len(data)))
        held_out, train = data[order[:count]], data[order[count:]]
        judge = Likeness(train, held_out, levels=levels, target=place)
        n = samples or (len(train) if judge.rows else count)
        yield real_items(judge, n, seed)
        yield from contenders(judge, config, samplers or suited(judge), levels, n=n, seed=seed)


def suited(judge: Likeness) -> tuple[str, ...]:
    """Samplers that are compared on such items."""
    return ON_IMAGES if judge.images else ON_ROWS


def real_items(judge: Likeness, n: int, seed: int) -> Standing:
    """Measure training items, drawn by the seed, as if they were samples."""
    order = torch.randperm(len(judge.train), generator=torch.Generator().manual_seed(seed))
    return Standing(sampler=TRAINING, seed=seed, measures=judge.measure(judge.train[order[:n]]))


def contenders(
    judge: Likeness,
    config: CFDMConfig,
    samplers: Sequence[str],
    levels: Tensor | None,
    *,
    n: int,
    seed: int,
) -> Iterator[Standing]:
    """Fit samplers to the judge's training items and measure ``n`` samples of each.

    One that takes numbers only gets gaps filled by the mean, and no table with texts.
    """
    for name in samplers:
        sampler = _built(name, config, rows=judge.rows)
        train = judge.train
        if levels is not None and capability(sampler, TakesCategories) is None:
            if bool((levels > 0).any()):
                continue
            train = filled([train])[0]
        drawn, spent = _drawn(sampler, train, levels, judge.target, n, seed)
        measures = judge.measure(drawn["items"]) | spent
        if "redrawn" in drawn:
            measures["redrawn"] = float((drawn["redrawn"] > 0).double().mean())
        yield Standing(sampler=name, seed=seed, measures=measures)


def _built(name: str, config: CFDMConfig, *, rows: bool) -> Sampler:
    if name == config.sampler.name:
        sampler: Sampler = config.sampler.build()
        return sampler
    options = {"standardize": "feature"} if rows and name == "closed-form" else {}
    built: Sampler = geoframe.build("sampler", name, **options)
    return built


def _drawn(
    sampler: Sampler, train: Tensor, levels: Tensor | None, target: int | None, n: int, seed: int
) -> tuple[dict[str, Tensor], dict[str, float]]:
    """What a sampler draws, and CPU seconds of the fit and milliseconds of a sample."""
    started = time.process_time()
    fit_sampler(sampler, train, None, None, levels, target)
    fitted = time.process_time()
    drawn = sampler.draw(n, seed=seed)
    ended = time.process_time()
    return drawn, {"fit_seconds": fitted - started, "sample_ms": 1000 * (ended - fitted) / n}


def mean_standings(standings: Sequence[Standing]) -> dict[str, dict[str, Any]]:
    """Mean and standard deviation of each measure over seeds, by sampler in their order."""
    from statistics import fmean, stdev

    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(each.sampler for each in standings):
        rows = [each.measures for each in standings if each.sampler == name]
        found[name] = {
            key: {
                "mean": fmean(values),
                "spread": stdev(values) if len(values) > 1 else None,
            }
            for key in rows[0]
            if (values := [row[key] for row in rows])
        }
    return found
