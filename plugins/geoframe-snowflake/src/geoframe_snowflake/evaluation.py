"""What a run reports: measures of every embedding side by side, certificates and pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe_embedding.baselines import classical_baseline, smacof_baseline
from geoframe_embedding.meanings import meanings
from geoframe_embedding.measures import worst_pairs
from geoframe_embedding.pairs import Pairs, choose_pairs
from geoframe_snowflake.certificate.measures import Certificate, certify, measure
from geoframe_snowflake.certificate.verdict import verdict
from geoframe_snowflake.exact.fit import ExactFit
from geoframe_snowflake.figures import draw
from geoframe_snowflake.fit import Fitted
from geoframe_snowflake.metric.finite_metric import FiniteMetric, GraphMetric, PointMetric
from geoframe_snowflake.metric.tree_metric import tree_embedding
from geoframe_snowflake.run_config import EvaluationConfig, SnowflakeRunConfig
from geoframe_snowflake.trained import TrainedSnowflake

SIDE_BY_SIDE = (
    *("distortion_worst_pairs", "distortion_symmetric_mean_pairs", "relative_error_mean_pairs"),
    *("stress_pairs", "spearman_pairs", "triplets", "neighbors_kept_10"),
    *("map_edges", "map_pairs", "mean_rank_edges", "mean_rank_pairs"),
)
"""Measures that the table of all embeddings shows."""


def evaluate(
    config: SnowflakeRunConfig,
    metric: FiniteMetric,
    exact: tuple[ExactFit, TrainedSnowflake] | None,
    fitted: Sequence[tuple[str, Fitted]],
    run: Run,
) -> Result:
    """Certify every embedding, and two standard ones beside, and draw the main one.

    Parameters
    ----------
    exact
        The training-free embedding, if it was computed.
    fitted
        Trained geometries by name, the main one first.
    """
    options = config.evaluation
    pairs = choose_pairs(metric, options.pairs, seed=config.seed, directed=not metric.symmetric)
    metrics: dict[str, Any] = {
        "items": len(metric),
        "pairs_measured": len(pairs),
        "target_mean": float(pairs.given.mean()),
        "target_variance": float(pairs.given.var()),
    }
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    main: tuple[TrainedSnowflake, Certificate] | None = None
    if exact is not None:
        fit, trained = exact
        certificate = certify(trained, metric, pairs, options, seed=config.seed)
        label = "exact" if fit.way == "full" else f"{config.snowflake.landmarks} landmarks"
        rows.append(_row(f"power ({label})", certificate, fit.seconds, trained))
        metrics |= _exact_metrics(fit, trained, certificate)
        notes += _exact_notes(metric, fit, certificate, metrics)
        main = trained, certificate
    for name, each in fitted:
        certificate = certify(each.trained, metric, pairs, options, seed=config.seed)
        rows.append(_row(name, certificate, each.seconds, each.trained, each.parameters))
        if each is fitted[0][1]:
            metrics |= _trained_metrics(each, certificate, metric)
            main = each.trained, certificate
    assert main is not None  # the config asks for one of them
    dim = fitted[0][1].trained.embedding.geometry.dim if fitted else 2
    rows += _baselines(metric, pairs, options, dim, config.seed)
    if metric.conflict:
        notes.append(f"There is no exact embedding: {metric.conflict}.")
    notes += draw(run, metric, main[0], pairs, main[1].ratios)
    notes += _side_by_side(rows, fitted)
    if not pairs.complete:
        notes.append(f"Measured on {len(pairs)} sampled pairs, not on all.")
    ratios, names = main[1].ratios, metric.names
    return Result(
        metrics=metrics,
        tables={
            "comparison": rows,
            "ratio_by_distance": ratios.by_distance,
            "worst_pairs": worst_pairs(names, pairs, ratios.embedded, options.worst),
            "worst_triangles": [
                {
                    "from": names[triangle.start],
                    "by_way_of": names[triangle.middle],
                    "to": names[triangle.end],
                    "ratio": triangle.ratio,
                }
                for triangle in main[1].triangles[: options.worst]
            ],
        },
        notes=[*metric.repairs, *notes],
        verdict=verdict(rows, [name for name, _ in fitted]),
        picture="embedding",
        meanings=meanings(metrics),
    )


def _row(
    name: str,
    found: Certificate,
    seconds: float,
    trained: TrainedSnowflake,
    parameters: int = 0,
) -> dict[str, Any]:
    return {
        "geometry": name,
        "dim": trained.embedding.geometry.dim,
        "parameters": parameters,
        **_shown(found),
        "mse": float((found.errors**2).mean()),
        "K_promised": found.promised,
        "K_found": found.relaxation,
        "seconds": seconds,
    }


def _shown(found: Certificate) -> dict[str, float]:
    return {key: found.measures[key] for key in SIDE_BY_SIDE if key in found.measures}


def _baselines(
    metric: FiniteMetric, pairs: Pairs, options: EvaluationConfig, dim: int, seed: int
) -> Iterator[dict[str, Any]]:
    """Rows of standard methods in flat space of the same dimension."""
    mean = metric.completed()  # of two distances they can hold one
    baselines = [classical_baseline(mean, dim, seed=seed)]
    if len(metric) <= options.smacof:
        baselines.append(smacof_baseline(mean.matrix(), dim, seed=seed))
    for baseline in baselines:
        found = measure(baseline.distances, metric, pairs, options, seed=seed)
        yield {
            "geometry": baseline.name,
            "dim": dim,
            "parameters": None,
            **_shown(found),
            "mse": float((found.errors**2).mean()),
            "K_promised": 1.0,
            "K_found": None,
            "seconds": baseline.seconds,
        }


def _side_by_side(
    rows: Sequence[dict[str, Any]], fitted: Sequence[tuple[str, Fitted]]
) -> list[str]:
    if not fitted:
        return []
    names = {name for name, _ in fitted} | {"classical scaling"}
    told = ", ".join(
        f"{row['geometry']} {row['stress_pairs']:.4g}" for row in rows if row["geometry"] in names
    )
    return [f"Stress in the same dimension (0 is none; the last is the cheap baseline): {told}."]


def _exact_metrics(
    fit: ExactFit, trained: TrainedSnowflake, found: Certificate
) -> dict[str, float | int | None]:
    return {
        "exact_exponent": fit.exponent,
        "exact_dim": trained.embedding.geometry.dim,
        "exact_error": float(np.abs(found.errors).max()),
        **{
            f"exact_{key}": found.measures[key]
            for key in ("distortion_worst_pairs", *SIDE_BY_SIDE[-4:])
            if key in found.measures
        },
        "exact_relaxation_promised": found.promised,
        "exact_seconds": fit.seconds,
    }


def _exact_notes(
    metric: FiniteMetric, fit: ExactFit, found: Certificate, metrics: dict[str, Any]
) -> list[str]:
    if not metric.symmetric:
        return [
            f"The exact embedding (exponent {fit.exponent:.6g}) is that of the mean of the two "
            "distances of each pair; measured against both it is not exact."
        ]
    if fit.way == "full":
        return [
            f"|x - y|^{fit.exponent:.6g} in {metrics['exact_dim']} dimensions gives every distance "
            f"measured to within {metrics['exact_error']:.1e}; no smaller exponent can."
        ]
    notes = [
        "There are too many items for the full exact embedding (snowflake.exact_limit): only the "
        "distances to landmarks are exact."
    ]
    if isinstance(metric, GraphMetric) and metric.is_tree:
        tree = tree_embedding(metric)
        pairs = choose_pairs(metric, min(20_000, metrics["pairs_measured"]), seed=0)
        error = np.abs(tree.distance(pairs.first, pairs.second) - pairs.given).max()
        metrics["tree_error"] = float(error)
        notes.append(
            "The graph is a tree: |x - y|^2 is exact with one sparse coordinate per edge "
            f"(geoframe_snowflake.metric.tree_metric; error {error:.1e} on {len(pairs)} pairs)."
        )
    return notes


def _trained_metrics(
    fitted: Fitted, found: Certificate, metric: FiniteMetric
) -> dict[str, float | int | None]:
    return {
        "dim": fitted.trained.embedding.geometry.dim,
        "parameters": fitted.parameters,
        **found.measures,
        "mse": float((found.errors**2).mean()),
        "mse_fresh": _fresh_error(fitted.trained, metric),
        "relaxation_promised": found.promised,
        "relaxation_found": found.relaxation,
        "seconds": fitted.seconds,
    }


def _fresh_error(trained: TrainedSnowflake, metric: FiniteMetric) -> float | None:
    """Squared error on points that were not trained on, if there are any."""
    if not isinstance(metric, PointMetric) or metric.fresh is None:
        return None
    if trained.embedding.inputs.ndim != 2:
        return None
    given = metric.function(metric.fresh, metric.fresh)
    points = torch.from_numpy(trained.embed(metric.fresh.astype(np.float32)))
    first, second = np.triu_indices(len(given), k=1)
    embedded = trained.embedding.distance(points[first], points[second]).double().numpy()
    return float(((embedded - given[first, second]) ** 2).mean())
