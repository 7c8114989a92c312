"""Late fusion: branches trained apart; those worse on held-out rows dropped, the rest averaged."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_lgi.comparison import judged
from geoframe_lgi.held_out import Predictions, log_mean_scores
from geoframe_lgi.measures import row_losses
from geoframe_lgi.task import NodeTask

STANDARD_ERRORS = 3.0
"""A branch is left out if it is worse than the best by more than so many of them."""


@attrs.frozen(kw_only=True)
class Screened:
    """One branch's loss on held-out rows, and whether it is kept."""

    name: str
    loss: float
    """Mean over held-out rows; see :func:`geoframe_lgi.measures.row_losses`."""
    excess: float
    """Mean of its loss less the best branch's, paired by row."""
    error: float
    """Standard error of that mean."""
    kept: bool


def screen(
    task: NodeTask, branches: Sequence[Predictions], tolerance: float = STANDARD_ERRORS
) -> list[Screened]:
    """Compare branches with the best of them on the rows that none of them trained on.

    Parameters
    ----------
    branches
        Predictions with held-out scores of the same rows.
    tolerance
        Standard errors of the paired excess that are forgiven.
    """
    losses = held_losses(task, branches)
    means = losses.mean(axis=1)
    best = int(means.argmin())
    excess = losses - losses[best]
    error = excess.std(axis=1, ddof=1) / np.sqrt(losses.shape[1])
    return [
        Screened(
            name=branch.name,
            loss=float(means[row]),
            excess=float(excess[row].mean()),
            error=float(error[row]),
            kept=row == best or bool(excess[row].mean() <= tolerance * error[row]),
        )
        for row, branch in enumerate(branches)
    ]


def held_losses(task: NodeTask, branches: Sequence[Predictions]) -> NDArray[np.float64]:
    """Loss of every branch on every row that all of them held out ``(branches, rows)``."""
    rows = np.logical_and.reduce([judged(branch) for branch in branches])
    return np.stack([row_losses(task, branch.held, rows) for branch in branches])


def fused(
    task: NodeTask, name: str, branches: Sequence[Predictions], kept: Sequence[bool]
) -> Predictions:
    """Average the logarithms of the kept branches' scores, all with the same weight."""
    chosen = [branch for branch, keep in zip(branches, kept, strict=True) if keep]
    return Predictions(
        name=name,
        scores=log_mean_scores(task, [branch.scores for branch in chosen]),
        held=log_mean_scores(task, [branch.held for branch in chosen]),
        seconds=sum(branch.seconds for branch in branches),
    )
