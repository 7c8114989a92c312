"""The method beside its rivals on data that every installation can make. Torch-free."""

from __future__ import annotations

from typing import Any, get_args

from geoframe.reference import ReferenceTable
from geoframe_cgenn.config import Rival
from geoframe_cgenn.experiments import dataset, row, trainer

EVERY_RIVAL = {
    "cgenn.replicas": 1,
    "evaluation.rivals": [*get_args(Rival)],
}
PAIRS: dict[str, Any] = {
    "cgenn.network": "pairs",
    "cgenn.channels": 8,
    "cgenn.hidden": 128,
    **trainer(1500, 3e-3, 64),
}
TASKS: dict[str, dict[str, Any]] = {
    "a function of two vectors and a metric in R^3": {**dataset("hidden-metric"), **PAIRS},
    "the same, the metric that of space": {
        **dataset("hidden-metric", eigenvalues=[1.0] * 3),
        **PAIRS,
    },
    "signed volumes in R^3, 1000 samples": {
        **dataset("signed-volumes", samples=1000),
        "cgenn.network": "volumes",
        "cgenn.channels": 32,
        **trainer(1500, 1e-3, 128),
    },
    "convex hulls of 16 points in R^5, 256 samples": {
        **dataset("convex-hulls", samples=256, as_sets=True),
        "cgenn.messages": "pooled",
        **trainer(300, 3e-3, 32),
    },
}

FIELD = ReferenceTable(
    name="field",
    title="Numbers that do not depend on the axes: test MSE beside scikit-learn's",
    metrics=("mse",),
    rows=[row(name, {}, options, EVERY_RIVAL) for name, options in TASKS.items()],
    seeds=3,
    compared="comparison",
    quick=trainer(30, 3e-3, 32),
    note="invariants are products of vectors in the metric of space, the determinant of three in "
    "R^3 (the very answer of the second last task), and the spread of a set; only the learned "
    "metric and the perceptron on coordinates can know another metric. Seeds are of training",
)
