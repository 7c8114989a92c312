"""What the experts are compared with, trained on the same rows."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping

import attrs
import numpy as np
from threadpoolctl import threadpool_limits

from geoframe import Trainer
from geoframe.run.directory import Run
from geoframe_pathways.config import Baseline, ModelConfig
from geoframe_pathways.experts.fitting import Fitted, Rows, fit_experts, measure
from geoframe_pathways.experts.shape import width_for
from geoframe_pathways.measures import classification_measures, regression_measures
from geoframe_pathways.routing.partition import route_space

BOOSTED_INPUTS = 128
"""Inputs above which boosting sees principal components: it takes hours on raw pixels."""


@attrs.frozen(kw_only=True)
class Compared:
    """A baseline and how it did on the test rows."""

    name: str
    parameters: int | None
    """None for trees, which have none that could be compared."""
    measures: Mapping[str, float]
    seconds: float


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
) -> Compared:
    """Train one baseline for a trained model and measure it.

    A dense baseline is one expert for the whole space, trained by the same trainer: as wide as
    the model's experts (equal active parameters), or so wide that it has about as many
    parameters as all of them together (equal total). A model of one expert is both itself.
    """
    if name == "hist-gradient-boosting":
        return _boosting(train, test, seed)
    model = fitted.model
    if model.experts > 1:
        if name == "dense-equal-total":
            width = width_for(model.experts * model.shape.parameters, model.shape)
            options = attrs.evolve(options, width=width)
        classes = np.array(model.metadata.classes) if train.task == "classification" else None
        fitted = fit_experts(train, 1, options, trainer, seed=seed, run=run, classes=classes)
    return Compared(
        name=name,
        parameters=fitted.model.parameters,
        measures=measure(fitted.model, test),
        seconds=fitted.training.seconds,
    )


def _boosting(train: Rows, test: Rows, seed: int) -> Compared:
    """Gradient boosting with the defaults of scikit-learn; of wide inputs, on components."""
    from sklearn import ensemble, multioutput

    started = time.perf_counter()
    state = seed % 2**32
    space = route_space(train.x, BOOSTED_INPUTS)
    x, x_test = space.project(train.x), space.project(test.x)
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        if train.task == "classification":
            boosted = ensemble.HistGradientBoostingClassifier(random_state=state).fit(x, train.y)
            shares = boosted.predict_proba(x_test)
            measures = classification_measures(shares, boosted.classes_, test.y)
        else:
            single = ensemble.HistGradientBoostingRegressor(random_state=state)
            regressor = single if train.y.ndim == 1 else multioutput.MultiOutputRegressor(single)
            measures = regression_measures(regressor.fit(x, train.y).predict(x_test), test.y)
    return Compared(
        name="hist-gradient-boosting",
        parameters=None,
        measures=measures,
        seconds=time.perf_counter() - started,
    )
