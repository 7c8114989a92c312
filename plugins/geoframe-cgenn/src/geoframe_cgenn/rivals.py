"""What needs no such network: models of scikit-learn on invariants, or on bare coordinates.

The invariants are those of the fixed metric M. By Weyl's first fundamental theorem every
polynomial in vectors that no rotation changes is one in their products x^T M y and, where n of
them are in R^n, in their determinant; so a model on these has the symmetry, without a network.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from torch import Tensor

from geoframe_cgenn.config import Rival
from geoframe_cgenn.measures import scores_of
from geoframe_cgenn.sets import VectorSets

Features = NDArray[np.float64]

MOST_ROWS = 64
"""Rows of a set whose coordinates a perceptron sees, most."""
FEW = 100
"""Training sets below which a perceptron holds none of them out to know when to stop."""
FEW_OF_CLASS = 10
"""The same of the smallest class."""
HIDDEN = (128, 128)
"""Widths of the perceptrons."""
PENALTIES = tuple(np.logspace(-6, 2, 9).tolist())
"""Penalties that ridge chooses from."""


def compare_rivals(
    rivals: Sequence[Rival], train: VectorSets, test: VectorSets, matrix: Tensor, seed: int
) -> list[dict[str, Any]]:
    """Train each rival and measure it on the test sets.

    Parameters
    ----------
    train, test
        Sets whose targets are numbers or classes.
    matrix
        The fixed metric M ``(n, n)``.

    Returns
    -------
    list
        A row for each: ``model``, its scores as :func:`geoframe_cgenn.measures.scores_of` names
        them, and the ``seconds`` that it took.
    """
    form = matrix.double().numpy()
    rows = []
    for name in rivals:
        kind, _, inputs = name.partition("-")
        started = time.perf_counter()
        if inputs == "coordinates":
            most = min(MOST_ROWS, int(max(train.sizes.max(), test.sizes.max())))
            known, asked = (coordinates(sets, most) for sets in (train, test))
        else:
            known, asked = (invariants(sets, form) for sets in (train, test))
        answers = _answers(kind, train, known, asked, seed)
        spent = time.perf_counter() - started
        rows.append({"model": f"{kind} on {inputs}", **scores_of(answers, test), "seconds": spent})
    return rows


def invariants(sets: VectorSets, form: Features) -> Features:
    """Numbers that no isometry of M changes, but for the sign of a determinant ``(m, f)``.

    Of a row alone: products of its vectors, their determinant if n of them are in R^n, scalars. Of
    a set: its size, the means of products and scalars over rows, products of mean vectors, and of
    the covariance C of each vector the eigenvalues of C M and the root of their product's size. Of
    a row in a set, both.

    Parameters
    ----------
    form
        M ``(n, n)``.
    """
    own = [_products(sets.vectors, form), sets.scalars]
    if sets.vectors.shape[1] == sets.n:
        own.append(np.linalg.det(sets.vectors)[:, None])
    of_rows = np.concatenate(own, axis=1)
    if (sets.sizes == 1).all():
        return of_rows
    means = _means(sets.vectors, sets)
    away = sets.vectors - np.repeat(means, sets.sizes, axis=0)
    covariances = _means(away[..., :, None] * away[..., None, :], sets)
    spans = np.sort(np.linalg.eigvals(covariances @ form).real, axis=-1)
    of_sets = np.concatenate(
        [
            sets.sizes[:, None],
            _means(of_rows, sets),
            _products(means, form),
            spans.reshape(len(sets), -1),
            np.sqrt(np.abs(spans.prod(axis=-1))),
        ],
        axis=1,
    )
    if sets.of_sets:
        return of_sets
    return np.concatenate([of_rows, np.repeat(of_sets, sets.sizes, axis=0)], axis=1)


def coordinates(sets: VectorSets, most: int) -> Features:
    """Vectors and scalars as bare numbers ``(m, f)``: all rows of a set one after another.

    Parameters
    ----------
    most
        Rows seen of each set: the first ones, filled up with zeros.
    """
    rows = np.concatenate([sets.vectors.reshape(len(sets.vectors), -1), sets.scalars], axis=1)
    if not sets.of_sets:
        return rows
    padded = np.zeros((len(sets), most, rows.shape[1]))
    within = np.arange(len(rows)) - np.repeat(sets.starts, sets.sizes)
    kept = within < most
    padded[np.repeat(np.arange(len(sets)), sets.sizes)[kept], within[kept]] = rows[kept]
    return padded.reshape(len(sets), -1)


def _means(values: Features, sets: VectorSets) -> Features:
    """Mean over the rows of each set ``(r, ...)`` -> ``(g, ...)``."""
    sums = np.add.reduceat(values, sets.starts, axis=0)
    means: Features = sums / sets.sizes.reshape(-1, *[1] * (values.ndim - 1))
    return means


def _products(vectors: Features, form: Features) -> Features:
    """x^T M y of all pairs of vectors ``(m, v, n)`` -> ``(m, v (v + 1) / 2)``."""
    gram = vectors @ form @ np.swapaxes(vectors, 1, 2)
    first, second = np.triu_indices(vectors.shape[1])
    products: Features = gram[:, first, second]
    return products


def _answers(kind: str, train: VectorSets, x: Features, x_test: Features, seed: int) -> Tensor:
    """Predictions ``(m,)``, or logarithms of probabilities ``(m, classes)``."""
    y = np.asarray(train.targets)
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of iterations that did not suffice
        model = _MODELS[kind](y, train.kind == "class", seed).fit(x, y)
        if train.kind != "class":
            return torch.from_numpy(np.asarray(model.predict(x_test), dtype=np.float64))
        shares = np.zeros((len(x_test), len(train.classes)))
        shares[:, model.classes_] = model.predict_proba(x_test)
    return torch.from_numpy(np.log(np.maximum(shares, np.finfo(np.float32).tiny)))


def _ridge(y: Features, classes: bool, seed: int) -> Any:
    from sklearn import linear_model, pipeline, preprocessing

    chosen = (
        linear_model.LogisticRegression(max_iter=1000)
        if classes
        else linear_model.RidgeCV(alphas=PENALTIES)
    )
    return pipeline.make_pipeline(preprocessing.StandardScaler(), chosen)


def _boosting(y: Features, classes: bool, seed: int) -> Any:
    from sklearn import ensemble

    if classes:
        # Holding a part out to stop early fails where a class has a single row.
        return ensemble.HistGradientBoostingClassifier(random_state=seed, early_stopping=False)
    return ensemble.HistGradientBoostingRegressor(random_state=seed)


def _perceptron(y: Features, classes: bool, seed: int) -> Any:
    from sklearn import compose, neural_network, pipeline, preprocessing

    enough = len(y) >= FEW
    if classes:
        enough = enough and bool(np.unique(y, return_counts=True)[1].min() >= FEW_OF_CLASS)
    options = {
        "hidden_layer_sizes": HIDDEN,
        "early_stopping": enough,
        "max_iter": 500,
        "random_state": seed,
    }
    kind = neural_network.MLPClassifier if classes else neural_network.MLPRegressor
    model = pipeline.make_pipeline(preprocessing.StandardScaler(), kind(**options))
    if classes:
        return model
    return compose.TransformedTargetRegressor(model, transformer=preprocessing.StandardScaler())


_MODELS: Mapping[str, Callable[[Features, bool, int], Any]] = {
    "ridge": _ridge,
    "boosting": _boosting,
    "perceptron": _perceptron,
}
