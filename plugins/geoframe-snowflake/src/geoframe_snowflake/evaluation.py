"""What a run reports: certificates, the side-by-side table and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import torch

from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe_snowflake import figures
from geoframe_snowflake.certificate import (
    Distortion,
    Triangle,
    by_distance,
    distortion,
    worst_pairs,
    worst_triangles,
)
from geoframe_snowflake.curves import fitted_curves
from geoframe_snowflake.exact_fit import ExactFit
from geoframe_snowflake.finite_metric import FiniteMetric, Floats, GraphMetric, PointMetric
from geoframe_snowflake.pairs import Pairs, choose_pairs
from geoframe_snowflake.radial import Radial
from geoframe_snowflake.ranking import Ranking, rank_neighbours
from geoframe_snowflake.run_config import EvaluationConfig, SnowflakeRunConfig
from geoframe_snowflake.trained import TrainedEmbedding
from geoframe_snowflake.training import Fitted
from geoframe_snowflake.tree_metric import tree_embedding

MOST_ITEMS = 400
"""Items whose triangles are all looked at; of more, a random sample of that size."""


@attrs.frozen(kw_only=True, eq=False)
class Certificate:
    """How faithful one embedding is."""

    embedded: Floats
    """Embedded distances of the pairs that were looked at."""
    distortion: Distortion
    triangles: Sequence[Triangle]
    promised: float | None
    """Relaxation constant K that the geometry promises."""
    ranking: Ranking | None
    """How well neighbours are found again; None if none were asked for."""

    @property
    def relaxation(self) -> float:
        """Largest ratio of a side to the way round that was found; above 1, not a metric."""
        return self.triangles[0].ratio if self.triangles else 0.0


def certify(
    trained: TrainedEmbedding,
    metric: FiniteMetric,
    pairs: Pairs,
    options: EvaluationConfig,
    *,
    seed: int,
) -> Certificate:
    """Measure an embedding on pairs, on neighbours, and on triangles; on samples if too many."""
    index = torch.from_numpy(pairs.index)
    embedded = trained.embedding.distances(index, trained.points).double().numpy()
    items = np.arange(len(trained.names))
    if len(items) > MOST_ITEMS:
        items = np.sort(np.random.default_rng(seed).permutation(items)[:MOST_ITEMS])
    points = trained.points[items]
    distances = trained.embedding.scale * trained.embedding.geometry.pairwise(points, points)
    triangles = worst_triangles(distances.double().numpy(), max(1, options.worst))
    return Certificate(
        embedded=embedded,
        distortion=distortion(pairs.given, embedded),
        triangles=[triangle.of(items) for triangle in triangles],
        promised=trained.embedding.geometry.promise.relaxation,
        ranking=rank_neighbours(metric, trained, options.ranked, seed=seed),
    )


def evaluate(
    config: SnowflakeRunConfig,
    metric: FiniteMetric,
    exact: tuple[ExactFit, TrainedEmbedding] | None,
    fitted: Sequence[tuple[str, Fitted]],
    run: Run,
) -> Result:
    """Certify every embedding and write the pictures of the main one.

    Parameters
    ----------
    exact
        The training-free embedding, if it was computed.
    fitted
        Trained geometries by name, the main one first.
    """
    options = config.evaluation
    pairs = choose_pairs(metric, options.pairs, seed=config.seed)
    metrics: dict[str, Any] = {
        "items": len(metric),
        "pairs_measured": len(pairs.given),
        "target_mean": float(pairs.given.mean()),
        "target_variance": float(pairs.given.var()),
    }
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    certificates: list[Certificate] = []
    if exact is not None:
        fit, trained = exact
        certificate = certify(trained, metric, pairs, options, seed=config.seed)
        certificates.append(certificate)
        label = "exact" if fit.way == "full" else f"{config.snowflake.landmarks} landmarks"
        rows.append(_row(f"power ({label})", trained, certificate, 0, fit.seconds))
        metrics |= _exact_metrics(fit, trained, certificate)
        notes += _exact_notes(metric, fit, certificate, metrics)
    for name, each in fitted:
        certificate = certify(each.trained, metric, pairs, options, seed=config.seed)
        certificates.append(certificate)
        rows.append(_row(name, each.trained, certificate, each.parameters, each.seconds))
        if each is fitted[0][1]:
            metrics |= _trained_metrics(each, certificate, metric)
    main = fitted[0][1].trained if fitted else exact[1] if exact else None
    assert main is not None
    certificate = certificates[-len(fitted)] if fitted else certificates[0]
    notes += _draw(run, metric, main, pairs, certificate)
    if len(fitted) > 1:
        side_by_side = ", ".join(
            f"{name} {row['distortion_mean']:.4g}"
            for (name, _), row in zip(fitted, rows[-len(fitted) :], strict=True)
        )
        notes.append(f"Mean distortion of the trained spaces (1 is none): {side_by_side}.")
    if not pairs.complete:
        notes.append(f"Measured on {len(pairs.given)} sampled pairs, not on all.")
    names = metric.names
    return Result(
        metrics=metrics,
        tables={
            "comparison": rows,
            "distortion_by_distance": by_distance(pairs.given, certificate.embedded),
            "worst_pairs": worst_pairs(
                names, pairs.first, pairs.second, pairs.given, certificate.embedded, options.worst
            ),
            "worst_triangles": [
                {
                    "from": names[triangle.start],
                    "by_way_of": names[triangle.middle],
                    "to": names[triangle.end],
                    "ratio": triangle.ratio,
                }
                for triangle in certificate.triangles[: options.worst]
            ],
        },
        notes=[*metric.repairs, *notes],
    )


def _row(
    name: str, trained: TrainedEmbedding, found: Certificate, parameters: int, seconds: float
) -> dict[str, Any]:
    return {
        "geometry": name,
        "dim": trained.embedding.geometry.dim,
        "parameters": parameters,
        "distortion_worst": found.distortion.worst,
        "distortion_mean": found.distortion.mean,
        "relative_error": found.distortion.relative_error,
        "mse": found.distortion.mse,
        **_ranks(found),
        "K_promised": found.promised,
        "K_found": found.relaxation,
        "seconds": seconds,
    }


def _ranks(found: Certificate, prefix: str = "") -> dict[str, float | None]:
    ranking = found.ranking
    return {
        f"{prefix}map": ranking.mean_average_precision if ranking else None,
        f"{prefix}mean_rank": ranking.mean_rank if ranking else None,
    }


def _exact_metrics(
    fit: ExactFit, trained: TrainedEmbedding, found: Certificate
) -> dict[str, float | int | None]:
    return {
        "exact_exponent": fit.exponent,
        "exact_dim": trained.embedding.geometry.dim,
        "exact_error": found.distortion.worst_error,
        "exact_distortion_worst": found.distortion.worst,
        **_ranks(found, "exact_"),
        "exact_relaxation_promised": found.promised,
        "exact_seconds": fit.seconds,
    }


def _exact_notes(
    metric: FiniteMetric, fit: ExactFit, found: Certificate, metrics: dict[str, Any]
) -> list[str]:
    if fit.way == "full":
        return [
            f"|x - y|^{fit.exponent:.6g} in {metrics['exact_dim']} dimensions gives every distance "
            f"measured to within {found.distortion.worst_error:.1e}; no smaller exponent can."
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
            f"(geoframe_snowflake.tree_metric; error {error:.1e} on {len(pairs.given)} pairs)."
        )
    return notes


def _trained_metrics(
    fitted: Fitted, found: Certificate, metric: FiniteMetric
) -> dict[str, float | int | None]:
    of = found.distortion
    return {
        "dim": fitted.trained.embedding.geometry.dim,
        "parameters": fitted.parameters,
        "distortion_worst": of.worst,
        "distortion_mean": of.mean,
        "expansion": of.expansion,
        "contraction": of.contraction,
        "relative_error": of.relative_error,
        "mse": of.mse,
        **_ranks(found),
        "mse_fresh": _fresh_error(fitted.trained, metric),
        "relaxation_promised": found.promised,
        "relaxation_found": found.relaxation,
        "seconds": fitted.seconds,
    }


def _fresh_error(trained: TrainedEmbedding, metric: FiniteMetric) -> float | None:
    """Squared error on points that were not trained on, if there are any."""
    if not isinstance(metric, PointMetric) or metric.fresh is None:
        return None
    if not trained.embedding.embedder.inductive:
        return None
    given = metric.function(metric.fresh, metric.fresh)
    points = torch.from_numpy(trained.embed(metric.fresh.astype(np.float32)))
    points = points.to(trained.points.dtype)
    first, second = np.triu_indices(len(given), k=1)
    embedded = trained.embedding.distance(points[first], points[second]).double().numpy()
    return float(((embedded - given[first, second]) ** 2).mean())


def _draw(
    run: Run, metric: FiniteMetric, trained: TrainedEmbedding, pairs: Pairs, found: Certificate
) -> list[str]:
    """Write the pictures; return what is to be said of them."""
    notes: list[str] = []
    positive = pairs.given > 0
    ratios = found.embedded[positive] / pairs.given[positive]
    run.write_figure("distortion", figures.distortion_histogram(ratios))
    geometry = trained.embedding.geometry
    points = trained.points.double().numpy()
    if isinstance(geometry, Radial):
        lengths = pairs.lengths(points)
        unit = float(np.median(lengths)) or 1.0
        t = torch.linspace(0, float(lengths.max()) or 1.0, 400, dtype=trained.points.dtype)
        with torch.no_grad():
            f = (trained.embedding.scale * geometry.profile(t)).double().numpy()
        arguments = t.double().numpy()
        curves = fitted_curves(arguments, f, unit)
        drawn = figures.learned_curve(arguments, f, lengths, pairs.given, curves)
        run.write_figure("learned-curve", drawn)
        name = min(curves, key=lambda each: curves[each][1])
        notes.append(f"The curve f is closest to {name} (relative misfit {curves[name][1]:.2g}).")
    run.write_figure("embedding", figures.embedding(points, metric.edges, metric.names))
    return notes
