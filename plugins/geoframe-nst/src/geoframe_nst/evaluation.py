"""What a run reports: measures, worst edges and pictures of a trained spacetime."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoframe import Result, Training
from geoframe.run.directory import Run
from geoframe.run.resources import peak_memory_mib
from geoframe_data.graph import Graph
from geoframe_embedding.distances import EuclideanDistances
from geoframe_embedding.figures import map_of_points, ratio_histogram
from geoframe_embedding.meanings import meanings
from geoframe_embedding.measures import Ratios
from geoframe_nst import figures
from geoframe_nst.closure.reachability import Reachability
from geoframe_nst.config import NSTConfig
from geoframe_nst.landmarks import landmark_coordinates
from geoframe_nst.metrics import (
    directionality,
    directionality_ceiling,
    distortion_paper,
    order_quality,
    time_correlation,
)
from geoframe_nst.path_quality import PathSample, sample_paths
from geoframe_nst.spacetime import NeuralSpacetime
from geoframe_nst.trained import TrainedSpacetime
from geoframe_nst.verdict import advice, verdict

OFF_EDGES = (
    "distortion_symmetric_mean_pairs",
    "relative_error_mean_pairs",
    "spearman_pairs",
    "neighbors_kept_10",
)
"""Measures of pairs that no edge joins, in the table of embeddings."""


def evaluate(
    config: NSTConfig,
    graph: Graph,
    trained: TrainedSpacetime,
    training: Training,
    run: Run,
) -> Result:
    """Measure a trained spacetime against its graph and draw it into the run's figures."""
    distances = trained.between(graph.edges[:, 0], graph.edges[:, 1])
    times = trained.times()
    ratios = Ratios(given=graph.lengths, embedded=distances)
    paths = sample_paths(graph, pairs=config.evaluation.path_pairs, seed=config.seed)
    negative = float((distances < 0).mean())
    quality = order_quality(
        times,
        Reachability(len(graph), graph.edges),
        pairs=config.evaluation.pairs,
        seed=config.seed,
    )
    ceiling = directionality_ceiling(
        len(graph), graph.edges, seconds=config.evaluation.ceiling_seconds
    )
    metrics: dict[str, float | int | str | None] = {
        **ratios.measures("edges"),
        **distortion_paper(graph.lengths, distances),
        **paths.measures(trained),
        "negative_edges": negative,
        "directionality": directionality(times, graph.edges),
        "directionality_ceiling": ceiling.value,
        "closure_recall": quality.closure_recall,
        "false_causality": quality.false_causality,
        "order_precision": quality.precision,
        "time_dim": times.shape[1],
        "epochs": training.epochs,
        "seconds": training.seconds,
        "peak_memory_mib": peak_memory_mib(),
    }
    notes = list(graph.repairs)
    if not ceiling.exact:
        notes.append(
            "the directionality ceiling is an upper bound: the search for the exact one was cut "
            f"short; an order that honours {ceiling.attained:.4f} of the edges was found"
        )
    if quality.sampled:
        notes.append(
            f"closure recall and false causality were measured on {quality.comparable_tested} and "
            f"{quality.incomparable_tested} pairs drawn at random"
        )
    if trained.embedding.closed_form is not None and quality.false_causality > 0:
        notes.append(
            f"the linear extensions are not exact: they order {quality.false_causality:.1%} of the "
            "pairs that no path connects; raise nst.time_dim or nst.time_work"
        )
    if negative > 0:
        notes.append(
            f"{negative:.1%} of the distances are negative, so the mean and standard "
            "deviation of the distortion mean little: signs cancel"
        )
    _draw(graph, trained, ratios, times, run)
    if graph.times is not None and np.isfinite(graph.times).sum() > 1:
        correlation = time_correlation(times, graph.times)
        metrics["time_spearman"] = correlation.mean_rank
        notes.append(
            f"Spearman's correlation with the time column of {correlation.nodes} nodes: "
            f"{correlation.mean_rank:.3f}"
        )
        run.write_figure("learned_and_given_time", _against(times, graph.times))
    tables = {
        "worst_edges": worst_edges(graph, ratios, config.evaluation.worst_edges),
        "comparison": _comparison(graph, trained, ratios, paths, training.seconds, config.seed),
    }
    return Result(
        metrics=metrics,
        tables=tables,
        notes=notes,
        verdict=verdict(metrics, tables["comparison"], config.nst.distances),
        picture="space_and_time",
        meanings=meanings(metrics),
        advice=advice(metrics, config),
    )


def worst_edges(graph: Graph, ratios: Ratios, count: int) -> list[dict[str, Any]]:
    """List the edges whose distance is furthest from their weight, by the ratio of the two."""
    return [
        {
            "source": graph.names[graph.edges[edge, 0]],
            "target": graph.names[graph.edges[edge, 1]],
            "weight": float(graph.lengths[edge]),
            "distance": float(ratios.embedded[edge]),
        }
        for edge in ratios.furthest_off(count)
    ]


def _comparison(
    graph: Graph,
    trained: TrainedSpacetime,
    ratios: Ratios,
    paths: PathSample,
    seconds: float,
    seed: int,
) -> list[dict[str, Any]]:
    """Rows of the spacetime and of a cheap baseline: landmark scaling in as many coordinates."""
    started = time.perf_counter()
    spacetime = trained.embedding.geometry
    dim = spacetime.space.dim if isinstance(spacetime, NeuralSpacetime) else spacetime.dim
    layout = landmark_coordinates(len(graph), graph.edges, graph.lengths, dim, seed=seed)
    lengths = EuclideanDistances(points=layout).between(graph.edges[:, 0], graph.edges[:, 1])
    unit = float(lengths @ graph.lengths) / max(float(lengths @ lengths), np.finfo(float).tiny)
    baseline = Ratios(given=graph.lengths, embedded=unit * lengths)
    taken = time.perf_counter() - started
    return [
        {
            "embedding": name,
            "dim": dim,
            **each.measures("edges"),
            **{key: value for key, value in off.items() if key in OFF_EDGES},
            "seconds": spent,
        }
        for name, each, off, spent in (
            (type(spacetime).__name__, ratios, paths.measures(trained), seconds),
            (
                "landmark scaling",
                baseline,
                paths.measures(EuclideanDistances(points=layout, scale=unit)),
                taken,
            ),
        )
    ]


def _draw(
    graph: Graph,
    trained: TrainedSpacetime,
    ratios: Ratios,
    times: NDArray[np.float64],
    run: Run,
) -> None:
    places = trained.places()
    run.write_figure("distortion", ratio_histogram(ratios.ratio, "edges"))
    run.write_figure(
        "error_per_edge", map_of_points(places, graph.edges, graph.names, ratios.ratio)
    )
    run.write_figure(
        "space_and_time", figures.space_and_time(places, times, graph.edges, graph.names)
    )


def _against(times: NDArray[np.float64], known: NDArray[np.float64]) -> Any:
    there = np.isfinite(known)
    spans = np.maximum(np.ptp(times, axis=0), np.finfo(float).tiny)
    return figures.time_against_data((times / spans).mean(axis=1)[there], known[there])
