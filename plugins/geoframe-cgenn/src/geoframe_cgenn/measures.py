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
from geoframe_spaces.forms import drawn_isometry

SETS = 64
"""Sets that equivariance is measured on."""


def scores(predictor: CliffordPredictor, sets: VectorSets) -> dict[str, float]:
    """Scores of a predictor's answers, as :func:`scores_of` has them."""
    return scores_of(predict(predictor, sets), sets)


def scores_of(answers: Tensor, sets: VectorSets) -> dict[str, float]:
    """Mean squared error, or accuracy, cross-entropy and AUC (of two classes, both present).

    Parameters
    ----------
    answers
        In the shape of the targets; of classes, their logits ``(m, classes)``.
    """
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


def baseline(train: VectorSets, test: VectorSets) -> tuple[str, dict[str, float]]:
    """Name the cheapest answer to such a question, and its scores on the test sets."""
    assert train.targets is not None
    assert test.targets is not None
    if train.kind == "class":
        shares = np.bincount(train.targets, minlength=len(train.classes)) / len(train.targets)
        right = float((test.targets == shares.argmax()).mean())
        return "always the most frequent class", {"accuracy": right}
    predicted: NDArray[np.float64]
    if train.kind == "number":
        name, predicted = "the mean of the training data", np.full(1, train.targets.mean())
    elif train.of_sets:
        name, predicted = "always zero", np.zeros(1)
    else:
        design = np.swapaxes(train.vectors, 1, 2).reshape(-1, train.vectors.shape[1])
        factors, *_ = np.linalg.lstsq(design, train.targets.reshape(-1), rcond=None)
        name = "the best fixed combination of the vectors"
        predicted = np.einsum("rvn,v->rn", test.vectors, factors)
    return name, {"mse": float(np.square(test.targets - predicted).mean())}


@torch.no_grad()
def equivariance_error(
    predictor: CliffordPredictor, sets: VectorSets, matrix: Tensor, count: int, seed: int
) -> float:
    """Largest relative error of f(S x) = S f(x) over isometries S of the metric.

    Parameters
    ----------
    predictor
        In the dtype that it is to be measured in; S x is computed in float64 and rounded to that.
    matrix
        M, float64, whose isometries are drawn.
    count
        Number of isometries.
    """
    few = sets.take(np.arange(min(SETS, len(sets))))
    generator = torch.Generator().manual_seed(seed)
    pairs = predictor.network.shape.messages == "pairs"
    scalars = torch.from_numpy(few.scalars).to(predictor.target_mean)
    vectors, sizes = torch.from_numpy(few.vectors), torch.from_numpy(few.sizes)

    def answers(vectors: Tensor) -> Tensor:
        found = predictor(particles(scalars, vectors.to(scalars), sizes, pairs=pairs))
        return found.double()  # type: ignore[no-any-return]

    straight = answers(vectors)
    largest = 0.0
    for _ in range(count):
        s = drawn_isometry(matrix, generator)
        moved = answers(vectors @ s.T)
        vector = predictor.kind in ("vector", "point")
        expected = straight @ s.T if vector else straight
        if predictor.network.shape.pseudoscalar:
            expected = expected * torch.linalg.det(s)
        error = (moved - expected).abs().max() / expected.abs().max()
        largest = max(largest, float(error))
    return largest
