"""What a run reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe.run.resources import peak_memory_mib
from geoframe_pathways.baselines import Compared
from geoframe_pathways.experts.fitting import Fitted, Rows, measure
from geoframe_pathways.experts.model import Pathways
from geoframe_pathways.figures import cell_map, validation_curve
from geoframe_pathways.measures import error_per_row
from geoframe_pathways.verdict import names, verdict

MIB = 2**20


def evaluate(
    fitted: Fitted,
    test: Rows,
    compared: Sequence[Compared],
    tried: Sequence[dict[str, float | int]],
    weight_decay: float,
    run: Run,
    *,
    cells_shown: int,
    cpu_seconds: float,
    notes: Sequence[str],
) -> Result:
    """Measure the model and its baselines on the test rows, and draw them."""
    model = fitted.model
    predictions = model.predict_encoded(test.x)
    errors = error_per_row(predictions.values, test.y)
    own = measure(model, test)
    run.write_figure("cells", cell_map(model, test.x, errors))
    if len(tried) > 1:
        run.write_figure("validation", validation_curve(tried, model.experts, weight_decay))
    headline = "rmse" if test.task == "regression" else "accuracy"
    metrics: dict[str, float | int | str | None] = {
        **own,
        **{
            f"{headline}_{each.name.replace('-', '_')}": each.measures[headline]
            for each in compared
        },
        **{f"cpu_seconds_{each.name.replace('-', '_')}": each.cpu_seconds for each in compared},
        "experts": model.experts,
        "weight_decay": weight_decay,
        "rows_per_cell_min": int(fitted.rows_per_cell.min()),
        "rows_per_cell_max": int(fitted.rows_per_cell.max()),
        "extrapolated": float(predictions.extrapolated.mean()),
        **_sizes(model),
        "train_seconds": fitted.training.seconds,
        "cpu_seconds": cpu_seconds,
        "peak_memory_mib": peak_memory_mib(),
    }
    tables: dict[str, Sequence[dict[str, Any]]] = {
        "comparison": _comparison(fitted, own, cpu_seconds, compared),
        "cells": _cells(fitted, predictions.cells, errors, test, cells_shown),
    }
    if tried:
        tables["tried"] = list(tried)
    return Result(
        metrics=metrics,
        tables=tables,
        notes=list(notes),
        verdict=verdict(
            headline,
            float(own[headline]),
            names(compared, headline),
            model.experts,
            model.metadata.networks,
        ),
    )


def _sizes(model: Pathways) -> dict[str, float | int]:
    index = sum(np.asarray(array).nbytes for array in model.router.arrays().values())
    rows = model.experts * model.metadata.networks
    return {
        "networks": model.metadata.networks,
        "parameters_active": model.parameters,
        "parameters_total": model.parameters * model.experts,
        "router_comparisons": model.router.comparisons(),
        "active_mib": (4 * model.shape.row_size + index) / MIB,
        "stored_mib": (4 * model.shape.row_size * rows + index) / MIB,
    }


def _comparison(
    fitted: Fitted, own: Any, cpu_seconds: float, compared: Sequence[Compared]
) -> list[dict[str, Any]]:
    model = fitted.model
    first = {
        "model": "pathways",
        "experts": model.experts,
        "parameters_active": model.parameters,
        "parameters_total": model.parameters * model.experts,
        **own,
        "train_seconds": fitted.training.seconds,
        "cpu_seconds": cpu_seconds,
    }
    others = [
        {
            "model": each.name,
            "experts": None if each.parameters is None else 1,
            "parameters_active": each.parameters,
            "parameters_total": each.parameters,
            **each.measures,
            "train_seconds": each.seconds,
            "cpu_seconds": each.cpu_seconds,
        }
        for each in compared
    ]
    return [first, *others]


def _cells(
    fitted: Fitted, cells: np.ndarray, errors: np.ndarray, test: Rows, shown: int
) -> list[dict[str, Any]]:
    count = fitted.model.experts
    tested = np.bincount(cells, minlength=count)
    mean = np.bincount(cells, errors, count) / np.maximum(tested, 1)
    name = "rmse" if test.task == "regression" else "error_rate"
    value = np.sqrt(mean) if test.task == "regression" else mean
    order = np.argsort(-mean, kind="stable")[:shown]
    return [
        {
            "cell": int(cell),
            "training_rows": int(fitted.rows_per_cell[cell]),
            "test_rows": int(tested[cell]),
            name: float(value[cell]) if tested[cell] else None,
        }
        for cell in order
    ]
