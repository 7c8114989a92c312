"""What a run measures and shows."""

from __future__ import annotations

from typing import Any

import attrs
from torch import Tensor

from geoframe import Result
from geoframe.run.directory import Run
from geoframe.run.resources import peak_memory_mib
from geoframe_cfdm.distances import nearest_points
from geoframe_cfdm.features import make_features
from geoframe_cfdm.figures import draw_figures
from geoframe_cfdm.generation import Generated
from geoframe_cfdm.method_config import CFDMConfig
from geoframe_cfdm.metrics import duplicate_rate, kernel_distance, recall, wasserstein2
from geoframe_cfdm.pipeline import Fitted
from geoframe_cfdm.sampler import ClosedFormDiffusion

W2_MOST = 2000
"""Points up to which the exact transport distance is measured."""
W2_DIM = 3
COPY = 1e-3
"""A sample within this share of the median neighbour distance of a training item is a copy."""
COPIES_WARNED = 0.05
LISTED = 24


def evaluate(config: CFDMConfig, fitted: Fitted, generated: Generated, run: Run) -> Result:
    """Measure the samples and draw them."""
    items = generated.items
    features, name = make_features(
        fitted.train.data, fitted.train.labels, config.evaluation, config.seed
    )
    ours, real = features(items), features(fitted.held_out)
    metrics: dict[str, float | int | str | None] = {
        "samples": len(items),
        "seconds_per_sample": generated.seconds / len(items),
        "cpu_seconds_per_sample": generated.cpu_seconds / len(items),
        "samples_per_second": len(items) / generated.seconds,
        "kid": kernel_distance(ours, real),
        "recall": recall(ours, real, k=config.evaluation.recall_neighbors),
        "dup_rate": None,
        "engine_steps": None,
        "max_relative_error": None,
        "peak_memory_mib": peak_memory_mib(),
        **fitted.facts,
    }
    compared = "held-out items" if fitted.held_out is not fitted.train.data else "training items"
    notes = [f"KID and recall compare with {len(real)} {compared} on: {name}."]
    metrics |= _transport(items, fitted.held_out)
    inner = fitted.sampler if fitted.latent is None else fitted.latent.inner
    provenance: list[dict[str, Any]] = []
    nearest = None
    if isinstance(inner, ClosedFormDiffusion):
        drawn = generated.drawn
        points = inner.standardizer.forward(drawn.get("latents", drawn["items"]).flatten(1))
        distance, nearest = (part.cpu() for part in nearest_points(inner.points, points, 3))
        copies = distance[:, 0] < COPY * inner.neighbor_distance
        metrics |= _closed_form(inner, distance[:, 0], drawn["tuple_index"])
        notes += _remarks(inner, copies, generated)
        provenance = _provenance(drawn, distance[:, 0], nearest, copies)
        if config.evaluation.w2_exact:
            metrics |= _against_exact(inner, points.cpu(), config.seed)
    tables: dict[str, list[Any]] = {
        "steps": [dict(row) for row in fitted.sampler.explain()],
        "provenance": provenance,
    }
    draw_figures(config, fitted, generated, nearest, tables["steps"], run)
    return Result(metrics=metrics, tables=tables, notes=notes)


def _transport(items: Tensor, held_out: Tensor) -> dict[str, float]:
    """Exact W2 of samples to real items, for small sets in few dimensions."""
    n = min(len(items), len(held_out))
    if items[0].numel() > W2_DIM or n > W2_MOST:
        return {}
    return {"w2": wasserstein2(items[:n].flatten(1), held_out[:n].flatten(1))}


def _closed_form(
    sampler: ClosedFormDiffusion, distance: Tensor, tuples: Tensor
) -> dict[str, float | str | None]:
    ordered = tuples.sort(1).values
    distinct = 1 + (ordered[:, 1:] != ordered[:, :-1]).sum(1)
    steps = sampler.records.engine_steps()
    return {
        "dup_rate": duplicate_rate(distance, sampler.copy_distance),
        "engine_steps": ", ".join(f"{name} {count:g}" for name, count in steps.items()),
        "max_relative_error": sampler.records.max_relative_error,
        "sigma": sampler.sigma,
        "sigma_relative": sampler.sigma / max(sampler.neighbor_distance, 1e-12),
        "neighbor_distance": sampler.neighbor_distance,
        "distinct_per_tuple": float(distinct.double().mean()),
    }


def _remarks(sampler: ClosedFormDiffusion, copies: Tensor, generated: Generated) -> list[str]:
    notes = []
    if sampler.options.sigma == "auto":
        notes.append(
            f"sigma = auto: {sampler.sigma:.4g}, which is {sampler.options.sigma_relative:g} times "
            f"the median nearest-neighbour distance {sampler.neighbor_distance:.4g} (standardised)."
        )
    if float(copies.double().mean()) > COPIES_WARNED:
        notes.append(
            f"{int(copies.sum())} of {len(copies)} samples are copies of training items: raise "
            "sampler.sigma or sampler.sigma_relative, or lower sampler.start."
        )
    missing = 1 - generated.drawn["tuple_weight"].sum(1)
    blurred = int((missing > 0.01).sum())
    if blurred:
        notes.append(
            f"{blurred} samples are no plain means of their tuple: more than 1 % of each comes "
            "from further items; smaller last steps (sampler.grid = cosine) make them sharp."
        )
    return notes


def _provenance(
    drawn: dict[str, Tensor], distance: Tensor, nearest: Tensor, copies: Tensor
) -> list[dict[str, Any]]:
    rows = []
    for row in range(min(LISTED, len(distance))):
        weights = drawn["tuple_weight"][row].tolist()
        made_of = [
            f"{index} ({weight:.2f})"
            for index, weight in zip(drawn["tuple_index"][row].tolist(), weights, strict=True)
        ]
        rows.append(
            {
                "sample": row,
                "made of training items (share)": ", ".join(made_of),
                "nearest item": int(nearest[row, 0]),
                "distance": float(distance[row]),
                "copy": "yes" if bool(copies[row]) else "no",
            }
        )
    return rows


def _against_exact(sampler: ClosedFormDiffusion, points: Tensor, seed: int) -> dict[str, float]:
    """Distance of the samples to those of the exact engine, and of two exact draws."""
    n = min(len(points), W2_MOST)
    exact = ClosedFormDiffusion(
        **{**attrs.asdict(sampler.options, recurse=False), "engine": "dense"}
    ).fit(sampler.items())
    drawn = [
        exact.standardizer.forward(exact.draw(n, seed=seed, first=first)["items"].flatten(1))
        for first in (10_000_000, 20_000_000)  # numbers that the samples do not have
    ]
    # In units of the data, where standardising was by one scale; that is what papers report.
    scale = float(exact.standardizer.scale.mean())
    return {
        "w2_to_exact": scale * wasserstein2(points[:n], drawn[0]),
        "w2_floor": scale * wasserstein2(drawn[0], drawn[1]),
    }
