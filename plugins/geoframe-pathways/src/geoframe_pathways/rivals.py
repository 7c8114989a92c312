"""Models of other libraries, with their defaults, on the same encoded rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from threadpoolctl import threadpool_limits

from geoframe_pathways.config import Rival
from geoframe_pathways.measures import classification_measures, regression_measures
from geoframe_pathways.routing.partition import route_space

if TYPE_CHECKING:
    from geoframe_pathways.experts.fitting import Rows

RIVAL_INPUTS = 128
"""Inputs above which rivals see principal components: boosting takes hours on raw pixels."""
MACHINE_ROWS = 5000
"""Training rows that a support vector machine sees, most: its time grows with their square."""


@attrs.frozen
class Maker:
    """Where a rival comes from and how it is made."""

    module: str
    regressor: str
    classifier: str
    options: Callable[[int], Mapping[str, Any]]
    """Seed -> arguments: one thread, no output, else the library's defaults."""
    outputs: bool = False
    """Whether it predicts several numbers at once."""
    scaled: bool = False
    """Whether it wants a target of unit scale."""
    most_rows: int | None = None


MAKERS: Mapping[str, Maker] = {
    "hist-gradient-boosting": Maker(
        "sklearn.ensemble",
        "HistGradientBoostingRegressor",
        "HistGradientBoostingClassifier",
        lambda seed: {"random_state": seed},
    ),
    "mlp": Maker(
        "sklearn.neural_network",
        "MLPRegressor",
        "MLPClassifier",
        lambda seed: {"random_state": seed},
        outputs=True,
        scaled=True,
    ),
    "svm": Maker("sklearn.svm", "SVR", "SVC", lambda _: {}, scaled=True, most_rows=MACHINE_ROWS),
    "lightgbm": Maker(
        "lightgbm",
        "LGBMRegressor",
        "LGBMClassifier",
        lambda seed: {"random_state": seed, "n_jobs": 1, "verbose": -1},
    ),
    "xgboost": Maker(
        "xgboost",
        "XGBRegressor",
        "XGBClassifier",
        lambda seed: {"random_state": seed, "n_jobs": 1, "verbosity": 0},
    ),
    "catboost": Maker(
        "catboost",
        "CatBoostRegressor",
        "CatBoostClassifier",
        lambda seed: {
            "random_seed": seed,
            "thread_count": 1,
            "verbose": False,
            "allow_writing_files": False,
        },
    ),
}


def is_installed(name: Rival) -> bool:
    """Whether the library of a rival is there."""
    return find_spec(MAKERS[name].module.partition(".")[0]) is not None


def measure_rival(name: Rival, train: Rows, test: Rows, seed: int) -> Mapping[str, float]:
    """Train a rival and measure it on the test rows.

    Wide inputs are given as principal components. A support vector machine sees at most 5,000
    training rows, and has no probabilities: of classes it has an accuracy alone.
    """
    maker = MAKERS[name]
    space = route_space(train.x, RIVAL_INPUTS)
    if maker.most_rows is not None and len(train) > maker.most_rows:
        train = train.take(np.random.default_rng(seed).permutation(len(train))[: maker.most_rows])
    x, x_test = space.project(train.x), space.project(test.x)
    module, options = import_module(maker.module), maker.options(seed % 2**32)
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of iterations that did not suffice, of versions to come
        if train.task == "regression":
            predicted = _regressor(maker, module, options, train).fit(x, train.y).predict(x_test)
            return regression_measures(predicted, test.y)
        # Boosters of other libraries want classes 0, 1, ...
        classes, codes = np.unique(train.y, return_inverse=True)
        fitted = getattr(module, maker.classifier)(**options).fit(x, codes)
        if not hasattr(fitted, "predict_proba"):
            right = classes[np.asarray(fitted.predict(x_test), dtype=np.int64)] == test.y
            return {"accuracy": float(right.mean())}
        shares = fitted.predict_proba(x_test)
        return classification_measures(shares, classes, test.y)


def _regressor(maker: Maker, module: Any, options: Mapping[str, Any], train: Rows) -> Any:
    from sklearn import compose, multioutput, preprocessing

    model = getattr(module, maker.regressor)(**options)
    if maker.scaled:
        model = compose.TransformedTargetRegressor(
            model, transformer=preprocessing.StandardScaler()
        )
    return model if maker.outputs or train.y.ndim == 1 else multioutput.MultiOutputRegressor(model)
