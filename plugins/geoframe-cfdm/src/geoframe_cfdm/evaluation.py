"""What a run measures and shows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from statistics import fmean
from typing import Any

import attrs
import torch
from torch import Tensor

from geoframe import Result
from geoframe.run.directory import Run
from geoframe.run.resources import peak_memory_mib
from geoframe_cfdm.attribution import attribute, provenance
from geoframe_cfdm.config import CFDMConfig
from geoframe_cfdm.features import make_features
from geoframe_cfdm.figures import draw_figures
from geoframe_cfdm.fit import Fitted, target_of
from geoframe_cfdm.generation import Generated
from geoframe_cfdm.leaderboard import Standing, contenders, real_items, suited
from geoframe_cfdm.likeness import Likeness
from geoframe_cfdm.metrics import duplicate_rate, kernel_distance, mean_gap, recall, wasserstein2
from geoframe_cfdm.recombination.auto import AutoSampler
from geoframe_cfdm.recombination.base import REDRAWN_NOTED
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion
from geoframe_cfdm.verdict import LEAST_COMPARED, verdict

W2_MOST = 2000
"""Points up to which the exact transport distance is measured."""
W2_DIM = 3
EXACT_SETS = 4
"""Sets of exact samples: distances of single pairs vary too much to be compared."""
COPIES_WARNED = 0.05
OWN = ("kernel_distance",)


def evaluate(config: CFDMConfig, fitted: Fitted, generated: Generated, run: Run) -> Result:
    """Measure the samples and draw them."""
    items, inner = generated.items, fitted.inner
    known = fitted.items.labels
    labels = None if known is None else torch.from_numpy(known)[fitted.train]
    numbers = fitted.as_numbers
    features, name = make_features(numbers(fitted.data), labels, config.evaluation, config.seed)
    ours, real = features(numbers(items)), features(numbers(fitted.compared))
    near = attribute(fitted, generated)
    judge = _judge(config, fitted, items)
    metrics: dict[str, float | int | str | None] = {
        "samples": len(items),
        "seconds_per_sample": generated.seconds / len(items),
        "cpu_seconds_per_sample": generated.cpu_seconds / len(items),
        "samples_per_second": len(items) / generated.seconds,
        "kid": kernel_distance(ours, real),
        "recall": recall(ours, real, k=config.evaluation.recall_neighbors),
        "dup_rate": duplicate_rate(near.distance[:, 0], near.spacing.low),
        **_told(judge, items),
        "engine_steps": None,
        "max_relative_error": None,
        "peak_memory_mib": peak_memory_mib(),
        **fitted.facts,
    }
    compared = "held-out" if fitted.held_out else "training"
    notes = [f"KID and recall compare with {len(real)} {compared} items on: {name}."]
    notes += [f"{note[0].upper()}{note[1:]}." for note in fitted.items.notes]
    if fitted.levels is None:
        metrics |= _transport(items, fitted.compared)
    steps = [dict(row) for row in fitted.sampler.explain()]
    if "redrawn" in generated.drawn:
        metrics["redrawn"] = float((generated.drawn["redrawn"] > 0).double().mean())
        notes += _recombined(config, fitted, metrics)
    if isinstance(inner, ClosedFormDiffusion):
        metrics |= _closed_form(inner, generated.drawn["tuple_index"])
        notes += _remarks(inner, generated)
        if config.evaluation.w2_exact:
            metrics |= _against_exact(inner, generated.drawn, config.seed)
    if near.copies.double().mean() > COPIES_WARNED:
        notes.append(
            f"{int(near.copies.sum())} of {len(items)} samples are copies of training items: raise "
            "sampler.sigma or sampler.sigma_relative, or lower sampler.start."
        )
    tables: dict[str, list[Any]] = {
        "steps" if any("t" in row for row in steps) else "sampler": steps,
        "provenance": provenance(fitted.items, generated.drawn, near),
    }
    if judge is not None and config.evaluation.rivals:
        tables["comparison"] = _comparison(config, fitted, generated, judge)
    draw_figures(config, fitted, generated, near, steps, run)
    return Result(
        metrics=metrics,
        tables=tables,
        notes=notes,
        verdict=verdict(metrics, compared, len(real)),
    )


def _judge(config: CFDMConfig, fitted: Fitted, items: Tensor) -> Likeness | None:
    """Measures against held-out items that every sampler has alike; none without such items."""
    if not fitted.held_out or min(len(fitted.compared), len(items)) < LEAST_COMPARED:
        return None
    place = target_of(config, fitted.items)
    return Likeness(fitted.data, fitted.compared, levels=fitted.levels, target=place)


def _told(judge: Likeness | None, items: Tensor) -> dict[str, float]:
    """What a judge measures, but for what the run measures in its own way."""
    found = {} if judge is None else judge.measure(items)
    return {name: each for name, each in found.items() if name not in OWN}


def _comparison(
    config: CFDMConfig, fitted: Fitted, generated: Generated, judge: Likeness
) -> list[dict[str, Any]]:
    """The run's sampler, real items and rivals, a row each."""
    n = len(generated.items)
    own = judge.measure(generated.items)
    own["sample_ms"] = 1000 * generated.cpu_seconds / n
    if "redrawn" in generated.drawn:
        own["redrawn"] = float((generated.drawn["redrawn"] > 0).double().mean())
    names = [name for name in suited(judge) if name not in ("auto", config.sampler.name)]
    found = [
        Standing(sampler=config.sampler.name, seed=config.seed, measures=own),
        real_items(judge, n, config.seed),
        *contenders(judge, config, names, fitted.levels, n=n, seed=config.seed),
    ]
    return [{"sampler": each.sampler, **each.measures} for each in found]


def _recombined(config: CFDMConfig, fitted: Fitted, metrics: Mapping[str, Any]) -> list[str]:
    """What is to be known of samples that were made of neighbours."""
    notes = []
    if isinstance(fitted.sampler, AutoSampler):
        chosen = type(fitted.inner).__name__
        notes.append(f"sampler auto took {chosen}, since {fitted.sampler.why}.")
    redrawn, held_out = metrics["redrawn"], metrics.get("dup_rate_held_out")
    told = f"{redrawn:.1%} of the samples were duplicates at first and drawn again"
    if held_out is not None:
        told += f"; of held-out items {held_out:.1%} are as near to a training item"
    notes.append(f"{told}.")
    if redrawn > REDRAWN_NOTED:
        notes.append(
            "That is more than 3 %: the items are few or far from one another, and dup_rate is low "
            "by selection only."
        )
    if (patches := metrics.get("patches_verbatim")) is not None:
        notes.append(
            f"{patches:.1%} of the samples' patches are nearly those of a training image (of "
            f"held-out images {metrics['patches_verbatim_held_out']:.1%}): samples hide nothing of "
            "the items they are made of."
        )
    return notes


def _transport(items: Tensor, real: Tensor) -> dict[str, float]:
    """Exact W2 of samples to real items, and gaps between samples: small sets, few dimensions."""
    n = min(len(items), len(real))
    if items[0].numel() > W2_DIM or n > W2_MOST:
        return {}
    ours, theirs = items.flatten(1), real.flatten(1)
    return {"w2": wasserstein2(ours[:n], theirs[:n]), "mean_gap": mean_gap(ours, theirs)}


def _closed_form(sampler: ClosedFormDiffusion, tuples: Tensor) -> dict[str, float | str | None]:
    ordered = tuples.sort(1).values
    distinct = 1 + (ordered[:, 1:] != ordered[:, :-1]).sum(1)
    steps = sampler.records.engine_steps()
    return {
        "engine_steps": ", ".join(f"{name} {count:g}" for name, count in steps.items()),
        "max_relative_error": sampler.records.max_relative_error,
        "sigma": sampler.sigma,
        "sigma_relative": sampler.sigma / max(sampler.spacing.median, 1e-12),
        "neighbor_distance": sampler.spacing.median,
        "distinct_per_tuple": float(distinct.double().mean()),
    }


def _remarks(sampler: ClosedFormDiffusion, generated: Generated) -> list[str]:
    notes = []
    if sampler.options.sigma == "auto":
        notes.append(
            f"sigma = auto: {sampler.sigma:.4g}, which is {sampler.options.sigma_relative:g} times "
            f"the median nearest-neighbour distance {sampler.spacing.median:.4g} (standardised)."
        )
    if sampler.spacing.median == 0:
        notes.append(
            "Most training items repeat others, so their neighbour distance is 0: remove the "
            "repetitions, or set sampler.sigma to a number."
        )
    missing = 1 - generated.drawn["tuple_weight"].sum(1)
    blurred = int((missing > 0.01).sum())
    if blurred:
        notes.append(
            f"{blurred} samples are no plain means of their tuple: more than 1 % of each comes "
            "from further items; more sampler.steps, or grid = cosine, make them sharp."
        )
    return notes


def _against_exact(
    sampler: ClosedFormDiffusion, drawn: Mapping[str, Tensor], seed: int
) -> dict[str, float]:
    """Distance of the samples to sets of samples of the exact engine, and of such sets."""
    points = drawn.get("latents", drawn["items"]).flatten(1)
    n = min(len(points), W2_MOST)
    options = attrs.asdict(sampler.options, recurse=False)
    exact = ClosedFormDiffusion(**{**options, "engine": "dense"}).fit(sampler.collection.flat)
    sets = [
        # numbers that the samples do not have
        exact.draw(n, seed=seed, first=10_000_000 * (k + 1))["items"]
        for k in range(EXACT_SETS)
    ]
    to_exact = [wasserstein2(points[:n], each) for each in sets]
    floor = [wasserstein2(a, b) for a, b in combinations(sets, 2)]
    means = fmean(to_exact), fmean(floor)
    ratio = means[0] / means[1] if means[1] else math.nan  # all items are the same
    return {"w2_to_exact": means[0], "w2_floor": means[1], "w2_ratio": ratio}
