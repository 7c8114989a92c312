"""Features that KID and recall are measured on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from geoframe import DataError
from geoframe_cfdm.config import EvaluationConfig
from geoframe_cfdm.sampling.standardize import fit_standardizer

Features = Callable[[Tensor], Tensor]
"""Items ``(n, ...)`` -> features ``(n, d)``."""
CLASSIFIER_ITEMS = 10_000
PCA_ITEMS = 2000


def make_features(
    items: Tensor, labels: Tensor | None, options: EvaluationConfig, seed: int
) -> tuple[Features, str]:
    """Fit the features on training items; return them and their name for tables.

    Raises
    ------
    DataError
        If a classifier is wanted and there are no labels.
    """
    flat = items.flatten(1)
    if options.features == "raw":
        scaled = fit_standardizer(flat, "scale")
        return lambda each: scaled.forward(each.flatten(1)), "raw values (standardised)"
    if options.features == "pca":
        some = flat[:: -(-len(flat) // PCA_ITEMS)]
        axes = fit_standardizer(some, "whiten", keep=options.feature_dim)
        return lambda each: axes.forward(each.flatten(1)), f"{axes.dim} whitened principal axes"
    if labels is None:
        raise DataError("evaluation.features = 'classifier' needs labels; set data.labels")
    return _classifier(flat, labels, options, seed)


def _classifier(
    flat: Tensor, labels: Tensor, options: EvaluationConfig, seed: int
) -> tuple[Features, str]:
    from sklearn.neural_network import MLPClassifier

    scaled = fit_standardizer(flat, "scale")
    rows = slice(0, None, max(1, len(flat) // CLASSIFIER_ITEMS))
    inputs, outputs = scaled.forward(flat[rows]).numpy(), labels[rows].numpy()
    counts = np.unique(outputs, return_counts=True)[1]
    if len(counts) < 2:
        raise DataError("evaluation.features = 'classifier' needs items of two labels or more")
    # A tenth of the items tells when to stop, and must hold all labels.
    validated = counts.min() >= 2 and len(outputs) >= 10 * len(counts)
    model = MLPClassifier(
        (options.feature_dim,), max_iter=200, random_state=seed, early_stopping=bool(validated)
    )
    model.fit(inputs, outputs)
    weight = torch.from_numpy(np.asarray(model.coefs_[0], np.float32))
    bias = torch.from_numpy(np.asarray(model.intercepts_[0], np.float32))

    def hidden(each: Tensor) -> Tensor:
        return torch.relu(scaled.forward(each.flatten(1)) @ weight + bias)

    kind = "validation" if validated else "training"
    accuracy = model.best_validation_score_ if validated else model.score(inputs, outputs)
    return hidden, (
        f"{options.feature_dim} hidden units of a classifier trained on the labels "
        f"({kind} accuracy {accuracy:.2f})"
    )
