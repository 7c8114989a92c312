"""What the experts are compared with, trained on the same rows."""

from __future__ import annotations

import time
from collections.abc import Mapping

import attrs
import numpy as np

from geoframe import Trainer
from geoframe.run.directory import Run
from geoframe_pathways.config import Baseline, ModelConfig
from geoframe_pathways.experts.fitting import Fitted, Rows, fit_experts, measure
from geoframe_pathways.experts.shape import width_for
from geoframe_pathways.rivals import is_installed, measure_rival


@attrs.frozen(kw_only=True)
class Compared:
    """A baseline and how it did on the test rows."""

    name: str
    parameters: int | None
    """None for models of other libraries, most of which have none that could be compared."""
    measures: Mapping[str, float]
    seconds: float
    cpu_seconds: float
    """Of training in this process; for models of other libraries with predicting."""


def is_there(name: Baseline) -> bool:
    """Whether a baseline can be trained: the libraries of some are not installed everywhere."""
    return name == "dense-equal-active" or name == "dense-equal-total" or is_installed(name)


def compare(
    name: Baseline,
    fitted: Fitted,
    train: Rows,
    test: Rows,
    options: ModelConfig,
    trainer: Trainer,
    *,
    seed: int,
    run: Run | None,
    own_cpu_seconds: float = 0.0,
) -> Compared:
    """Train one baseline for a trained model and measure it.

    A dense baseline is one expert for the whole space, trained by the same trainer: as wide as
    the model's experts (equal active parameters), or so wide that it has about as many
    parameters as all of them together (equal total). A model of one expert is both itself.

    Parameters
    ----------
    own_cpu_seconds
        What choosing and training the model took.
    """
    cpu, started = time.process_time(), time.perf_counter()
    if name != "dense-equal-active" and name != "dense-equal-total":
        measures = measure_rival(name, train, test, seed)
        return Compared(
            name=name,
            parameters=None,
            measures=measures,
            seconds=time.perf_counter() - started,
            cpu_seconds=time.process_time() - cpu,
        )
    model = fitted.model
    if model.experts > 1:
        if name == "dense-equal-total":
            width = width_for(model.experts * model.shape.parameters, model.shape)
            options = attrs.evolve(options, width=width)
        classes = np.array(model.metadata.classes) if train.task == "classification" else None
        fitted = fit_experts(train, 1, options, trainer, seed=seed, run=run, classes=classes)
    cpu = time.process_time() - cpu if model.experts > 1 else own_cpu_seconds
    return Compared(
        name=name,
        parameters=fitted.model.parameters,
        measures=measure(fitted.model, test),
        seconds=fitted.training.seconds,
        cpu_seconds=cpu,
    )
