"""What a run reports: scores, the metric that was found, and what it is worth."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe import Result
from geoframe.capabilities import capability
from geoframe.run.directory import Run
from geoframe.run.resources import peak_memory_mib
from geoframe_cgenn import figures
from geoframe_cgenn.config import CGENNConfig
from geoframe_cgenn.fit import Fits, Fitted
from geoframe_cgenn.measures import baseline, equivariance_error, scores
from geoframe_cgenn.metric.symmetry import (
    MetricReport,
    cosine,
    group_name,
    metric_report,
    normalized,
    relative_error,
    signature,
)
from geoframe_cgenn.rivals import compare_rivals
from geoframe_cgenn.sets import VectorSets
from geoframe_cgenn.trained import TrainedCliffordNetwork

Metrics = dict[str, float | int | str | None]


@runtime_checkable
class KnownMetric(Protocol):
    """A data set that knows the metric its data obey."""

    def matrix(self) -> NDArray[np.float64]:
        """M ``(n, n)``, up to a factor."""
        ...


@runtime_checkable
class KnownRival(Protocol):
    """A data set that knows the strongest simple answer to its question."""

    def rival(self, train: VectorSets, test: VectorSets) -> tuple[str, Mapping[str, float]]:
        """What it is, in words, and its scores on the test sets, named as :func:`scores` does."""
        ...


def evaluate(
    config: CGENNConfig, sets: VectorSets, fits: Fits, trained: TrainedCliffordNetwork, run: Run
) -> Result:
    """Measure all trainings on the test part, and write the metric report."""
    test = sets.part("test")
    of_main = [scores(fitted.predictor, test) for fitted in fits.main]
    of_fixed = [scores(fitted.predictor, test) for fitted in fits.fixed]
    best = fits.best
    dataset = None if config.data.path is not None else config.data.dataset.build()
    rivals, cheap = _rivals(config, sets, fits.start, capability(dataset, KnownRival))
    comparison = [*_networks(fits, of_main, of_fixed), *rivals]
    notes = list(sets.notes)
    metrics: Metrics = {
        **{f"test_{name}": value for name, value in of_main[fits.main.index(best)].items()},
        **{f"test_{name}_mean": _mean(of_main, name) for name in of_main[0]},
        **{f"test_{name}_fixed_mean": _mean(of_fixed, name) for name in of_main[0] if of_fixed},
        **{f"test_{name}_baseline": value for name, value in cheap.items()},
        "equivariance_error": _equivariance(config, best, test, torch.float64),
        "equivariance_error_float32": _equivariance(config, best, test, torch.float32),
        "steps": best.training.steps,
        "epochs": best.training.epochs,
        "seconds": sum(fitted.training.seconds for fitted in (*fits.main, *fits.fixed)),
        "parameters": sum(p.numel() for p in best.predictor.parameters()),
        "peak_memory_mib": peak_memory_mib(),
    }
    tables: dict[str, list[dict[str, Any]]] = {
        "comparison": comparison,
        "trainings": _trainings(fits, of_main, of_fixed),
    }
    if fits.scan:
        tables["signatures"] = [
            {"signs": row["signs"], "validation_loss": row["validation_loss"]} for row in fits.scan
        ]
        metrics["signature_chosen"] = min(fits.scan, key=_loss)["signs"]
    if config.cgenn.metric == "learned":
        report = metric_report([fitted.matrix for fitted in fits.main])
        metrics |= _of_report(report, dataset, fits)
        tables["metric"] = _entries(report, fits.start)
        notes += _sentences(report, of_main, of_fixed)
        run.write_figure("metric", figures.metric_matrix(report))
    if sets.kind != "class":
        run.write_figure("predictions", figures.predicted_against_given(trained.answers))
    return Result(
        metrics=metrics,
        tables=tables,
        notes=notes,
        verdict=_answer(sets, metrics, rivals),
        picture="metric" if sets.kind == "class" else "predictions",
    )


def _rivals(
    config: CGENNConfig, sets: VectorSets, start: Tensor, known: KnownRival | None
) -> tuple[list[dict[str, Any]], Mapping[str, float]]:
    """Rows of what is compared with the networks, and the scores of the cheapest of them."""
    train, test = sets.part("train"), sets.part("test")
    name, cheap = baseline(train, test)
    rows: list[dict[str, Any]] = [{"model": name, **cheap}]
    if known is not None:
        name, found = known.rival(train, test)
        rows.append({"model": name, **found})
        cheap |= found
    if sets.kind in ("number", "class"):
        names = config.evaluation.rivals
        rows += compare_rivals(names, train, test, start, config.seed)
    return rows, cheap


def _networks(
    fits: Fits, of_main: Sequence[Mapping[str, float]], of_fixed: Sequence[Mapping[str, float]]
) -> list[dict[str, Any]]:
    """Rows of the networks: means over their trainings."""
    kind = "fixed" if fits.best.metric == "fixed" else "learned"
    return [
        {
            "model": f"{name} metric",
            **{key: _mean(found, key) for key in found[0]},
            "seconds": float(np.mean([fitted.training.seconds for fitted in fitteds])),
        }
        for name, fitteds, found in ((kind, fits.main, of_main), ("fixed", fits.fixed, of_fixed))
        if fitteds
    ]


def _answer(sets: VectorSets, metrics: Metrics, rivals: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the network reached on held-out data, beside the best of what needs no such network."""
    measure, name = ("accuracy", "accuracy") if sets.kind == "class" else ("mse", "squared error")
    sign = -1 if sets.kind == "class" else 1
    best = min((row for row in rivals if measure in row), key=lambda row: sign * row[measure])
    return [
        f"On held-out data the network has {name} {metrics[f'test_{measure}']:.3g}; the best of "
        f"what it is compared with, {best['model']}, has {best[measure]:.3g}."
    ]


def _loss(row: Mapping[str, Any]) -> float:
    return float(row["validation_loss"])


def _mean(found: Sequence[Mapping[str, float]], name: str) -> float:
    return float(np.mean([each[name] for each in found]))


def _equivariance(
    config: CGENNConfig, best: Fitted, test: VectorSets, dtype: torch.dtype
) -> float | None:
    """Error in a dtype; None if each layer has a metric of its own, or the form is degenerate."""
    if len(best.predictor.network.metrics) > 1 or signature(best.matrix)[2]:
        return None
    exact = copy.deepcopy(best.predictor).double()
    matrix = exact.network.metric(0).matrix().detach()
    measured = exact.to(dtype)
    return equivariance_error(measured, test, matrix, config.evaluation.isometries, config.seed)


def _trainings(
    fits: Fits, of_main: Sequence[Mapping[str, float]], of_fixed: Sequence[Mapping[str, float]]
) -> list[dict[str, Any]]:
    rows = []
    for name, fitted, found in (
        *(("main", *each) for each in zip(fits.main, of_main, strict=True)),
        *(("fixed", *each) for each in zip(fits.fixed, of_fixed, strict=True)),
    ):
        values = torch.linalg.eigvalsh(normalized(fitted.matrix.double())).flip(0).tolist()
        rows.append(
            {
                "metric": "fixed" if name == "fixed" or fitted.metric == "fixed" else "learned",
                "seed": fitted.seed,
                "steps": fitted.training.steps,
                "validation_loss": fitted.validation_loss,
                **{f"test_{key}": value for key, value in found.items()},
                "eigenvalues": " ".join(f"{value:.4f}" for value in values),
                "seconds": fitted.training.seconds,
            }
        )
    return rows


def _of_report(report: MetricReport, dataset: object, fits: Fits) -> Metrics:
    p, q, r = report.signature
    found: Metrics = {
        "metric_group": group_name(p, q, r),
        "metric_condition": report.condition,
        "metric_spread": None if math.isnan(report.spread) else report.spread,
        "metric_nearest_symmetry": report.nearest_group,
        "metric_distance_to_it": report.distance,
        "metric_symmetry_supported": None
        if report.supported is None
        else str(report.supported).lower(),
        "metric_residual_rotations": report.residual_group,
        "metric_moved_from_start": relative_error(report.mean, fits.start.double()),
    }
    if (known := capability(dataset, KnownMetric)) is not None:
        true = torch.from_numpy(known.matrix())
        errors = [_unsigned_error(fitted.matrix.double(), true) for fitted in fits.main]
        found["metric_error"] = float(np.mean(errors))
        found["metric_error_largest"] = max(errors)
        found["metric_cosine"] = min(
            abs(cosine(fitted.matrix.double(), true)) for fitted in fits.main
        )
    return found


def _unsigned_error(found: Tensor, true: Tensor) -> float:
    return min(relative_error(found, true), relative_error(-found, true))


def _entries(report: MetricReport, start: Tensor) -> list[dict[str, Any]]:
    begun = normalized(start.double())
    n = len(begun)
    rows = []
    for i in range(n):
        for j in range(i, n):
            mean, half = float(report.mean[i, j]), float(report.half_width[i, j])
            sure = not math.isnan(half)
            rows.append(
                {
                    "entry": f"M{i + 1}{j + 1}",
                    "mean": mean,
                    "low": mean - half if sure else None,
                    "high": mean + half if sure else None,
                    "start": float(begun[i, j]),
                }
            )
    return rows


def _sentences(
    report: MetricReport,
    of_main: Sequence[Mapping[str, float]],
    of_fixed: Sequence[Mapping[str, float]],
) -> list[str]:
    values = ", ".join(f"{value:.3f}" for value in report.eigenvalues)
    verdicts: dict[bool | None, str] = {
        True: "the data support it",
        False: "the data do not support it",
    }
    verdict = verdicts.get(report.supported, "one training cannot tell whether the data support it")
    notes = [
        f"learned metric, scaled to the identity's norm: eigenvalues {values}, condition "
        f"{report.condition:.3g}, rotations left {report.residual_group}",
        f"nearest exact symmetry: {report.nearest_group}, {report.distance:.1%} away; {verdict}",
    ]
    if math.isnan(report.spread):
        notes.append("one training says nothing of the spread of the metric: set cgenn.replicas")
    if of_fixed:
        name = "cross_entropy" if "accuracy" in of_main[0] else "mse"
        better = sum(a[name] < b[name] for a, b in zip(of_main, of_fixed, strict=True))
        notes.append(
            f"at equal steps the learned metric is better than the fixed one from {better} of "
            f"{len(of_fixed)} seeds: test {name} {_mean(of_main, name):.4g} against "
            f"{_mean(of_fixed, name):.4g}"
        )
    return notes
