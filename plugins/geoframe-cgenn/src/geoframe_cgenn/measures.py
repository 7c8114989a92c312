"""How good answers are, beside the cheapest answers on the same data."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor
from torch.nn import functional as F

from geoframe_cgenn.models.particles import particles
from geoframe_cgenn.models.predictor import CliffordPredictor
from geoframe_cgenn.objective import predict
from geoframe_cgenn.sets import VectorSets

SETS = 64
"""Sets that equivariance is measured on."""
LARGEST_CONDITION = 10.0
"""Condition number up to which random isometries are drawn."""


def scores(predictor: CliffordPredictor, sets: VectorSets) -> dict[str, float]:
    """Mean squared error, or accuracy, cross-entropy and AUC (of two classes, both present)."""
    answers = predict(predictor, sets)
    assert sets.targets is not None
    if sets.kind != "class":
        error = answers.double().numpy() - sets.targets
        return {"mse": float(np.square(error).mean())}
    given = sets.targets.astype(np.int64)
    labels = torch.from_numpy(given)
    found = {
        "accuracy": float((answers.argmax(dim=-1) == labels).double().mean()),
        "cross_entropy": float(F.cross_entropy(answers, labels)),
    }
    if len(sets.classes) == 2 and len(np.unique(given)) == 2:
        found["auc"] = auc((answers[:, 1] - answers[:, 0]).numpy(), given)
    return found


def auc(values: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Probability that a member of class 1 has the larger value; ties count half."""
    ranks = stats.rankdata(values)
    positive = labels == 1
    count, others = positive.sum(), (~positive).sum()
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))


def baseline(train: VectorSets, test: VectorSets) -> dict[str, float]:
    """Scores of the mean, of the best fixed combination of a row's vectors, or of a guess."""
    assert train.targets is not None
    assert test.targets is not None
    if train.kind == "class":
        shares = np.bincount(train.targets, minlength=len(train.classes)) / len(train.targets)
        return {"accuracy": float((test.targets == shares.argmax()).mean())}
    if train.kind == "number":
        return {"mse": float(np.square(test.targets - train.targets.mean()).mean())}
    if train.of_sets:
        return {"mse": float(np.square(test.targets).mean())}
    design = np.swapaxes(train.vectors, 1, 2).reshape(-1, train.vectors.shape[1])
    factors, *_ = np.linalg.lstsq(design, train.targets.reshape(-1), rcond=None)
    predicted = np.einsum("rvn,v->rn", test.vectors, factors)
    return {"mse": float(np.square(test.targets - predicted).mean())}


def random_isometry(matrix: Tensor, generator: torch.Generator) -> Tensor:
    """Return S with S^T M S = M: two reflections, of condition 10 at most ``(n, n)``, float64."""
    n = len(matrix)
    unit = torch.eye(n, dtype=torch.float64)
    while True:
        s = unit
        for _ in range(2):
            vector = torch.randn(n, dtype=torch.float64, generator=generator)
            dual = matrix.double() @ vector
            s = s @ (unit - 2 * torch.outer(vector, dual) / (vector @ dual))
        if torch.linalg.cond(s) <= LARGEST_CONDITION:
            return s


@torch.no_grad()
def equivariance_error(
    predictor: CliffordPredictor, sets: VectorSets, matrix: Tensor, count: int, seed: int
) -> float:
    """Largest relative error of f(S x) = S f(x) in float64, over isometries S of the metric.

    Parameters
    ----------
    predictor
        In float64; its parameters are those of the training.
    matrix
        M, float64, whose isometries are drawn.
    count
        Number of isometries.
    """
    few = sets.take(np.arange(min(SETS, len(sets))))
    generator = torch.Generator().manual_seed(seed)
    pairs = predictor.network.shape.messages == "pairs"
    scalars, vectors = torch.from_numpy(few.scalars), torch.from_numpy(few.vectors)
    sizes = torch.from_numpy(few.sizes)
    straight = predictor(particles(scalars, vectors, sizes, pairs=pairs))
    largest = 0.0
    for _ in range(count):
        s = random_isometry(matrix, generator)
        moved = predictor(particles(scalars, vectors @ s.T, sizes, pairs=pairs))
        vector = predictor.kind in ("vector", "point")
        expected = straight @ s.T if vector else straight
        if predictor.network.shape.pseudoscalar:
            expected = expected * torch.linalg.det(s)
        error = (moved - expected).abs().max() / expected.abs().max()
        largest = max(largest, float(error))
    return largest
