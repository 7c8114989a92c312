"""Late fusion: branches trained apart, each weighed by its loss on held-out rows."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_lgi.comparison import judged
from geoframe_lgi.held_out import Predictions, log_mean_scores
from geoframe_lgi.measures import row_losses
from geoframe_lgi.task import NodeTask

SMALLEST_WEIGHT = 0.01
"""A branch that weighs less than this share of the best one is left out."""
SMALLEST_LOSS = 1e-6
"""Losses below it are level: a branch without any error does not weigh infinitely much."""


@attrs.frozen(kw_only=True)
class Screened:
    """One branch's loss on held-out rows, and its weight."""

    name: str
    loss: float
    """Mean over held-out rows; see :func:`geoframe_lgi.measures.row_losses`."""
    excess: float
    """Mean of its loss less the best branch's, paired by row."""
    error: float
    """Standard error of that mean."""
    weight: float
    """Share in the mixture; 0: left out."""


def screen(task: NodeTask, branches: Sequence[Predictions], sharpness: float) -> list[Screened]:
    """Weigh branches by the rows that none of them trained on.

    The weight of a branch with mean loss L is (least L / L)^sharpness, unless the mixture loses
    more on these rows than the best branch does: then that branch stands alone. A best branch far
    ahead is thus not diluted, and of several that are level all count.

    Parameters
    ----------
    branches
        Predictions with held-out scores of the same rows.
    sharpness
        How fast a weight falls with the loss; at 0 all weigh the same, whatever the mixture loses.
    """
    losses = held_losses(task, branches)
    means = losses.mean(axis=1)
    best = int(means.argmin())
    excess = losses - losses[best]
    error = excess.std(axis=1, ddof=1) / np.sqrt(losses.shape[1])
    weights = _weights(means, sharpness)
    if sharpness and (weights > 0).sum() > 1:
        mixture = fused(task, "mixture", branches, weights)
        mixed, alone = held_losses(task, [mixture, branches[best]]).mean(axis=1)
        if mixed > alone:
            weights = (np.arange(len(branches)) == best).astype(float)
    return [
        Screened(
            name=branch.name,
            loss=float(means[row]),
            excess=float(excess[row].mean()),
            error=float(error[row]),
            weight=float(weights[row]),
        )
        for row, branch in enumerate(branches)
    ]


def _weights(means: NDArray[np.float64], sharpness: float) -> NDArray[np.float64]:
    floored = np.maximum(means, SMALLEST_LOSS)
    weights = (floored.min() / floored) ** sharpness
    weights[weights < SMALLEST_WEIGHT] = 0
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def held_losses(task: NodeTask, branches: Sequence[Predictions]) -> NDArray[np.float64]:
    """Loss of every branch on every row that all of them held out ``(branches, rows)``."""
    rows = np.logical_and.reduce([judged(branch) for branch in branches])
    return np.stack([row_losses(task, branch.held, rows) for branch in branches])


def fused(
    task: NodeTask,
    name: str,
    branches: Sequence[Predictions],
    weights: Sequence[float] | NDArray[np.float64],
) -> Predictions:
    """Average the logarithms of the scores of the branches that weigh anything."""
    pairs = list(zip(branches, weights, strict=True))
    chosen = [branch for branch, weight in pairs if weight]
    shares = [weight for _, weight in pairs if weight]
    return Predictions(
        name=name,
        scores=log_mean_scores(task, [branch.scores for branch in chosen], shares),
        held=log_mean_scores(task, [branch.held for branch in chosen], shares),
        seconds=sum(branch.seconds for branch in branches),
    )
