"""The rows on which models are stopped, compared and screened: held out from their training."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import attrs
import numpy as np

from geoframe_lgi.splits import stratified_folds
from geoframe_lgi.task import Mask, NodeTask, Scores, Split

FOLDS = 4
"""Folds of the training rows where no row validates."""

FLOOR = 1e-3
"""Least probability that takes part in a mean of logarithms."""


@attrs.frozen(kw_only=True, eq=False)
class Fold:
    """Rows that train, and rows that the trained model is judged on."""

    train: Mask
    held: Mask


@attrs.frozen(kw_only=True, eq=False)
class HeldOut:
    """One fold (the validation rows), or folds of the training rows that take turns."""

    folds: tuple[Fold, ...]
    train: Mask
    """Rows that the final model trains on."""
    cross: bool
    """Whether folds take turns, so that the final model has to be trained once more."""

    @property
    def rows(self) -> Mask:
        """All rows that are held out at some time ``(n,)``."""
        rows: Mask = np.logical_or.reduce([fold.held for fold in self.folds])
        return rows

    @classmethod
    def of(cls, task: NodeTask, split: Split, seed: int) -> HeldOut:
        """The validation rows of a split, or stratified folds where it has none."""
        if split.validation.any():
            fold = Fold(train=split.train, held=split.validation)
            return cls(folds=(fold,), train=split.train, cross=False)
        rng = np.random.default_rng(seed)
        count = min(FOLDS, int(split.train.sum()))
        parts = stratified_folds(task, split.train, count, rng)
        folds = tuple(Fold(train=split.train & ~part, held=part) for part in parts)
        return cls(folds=folds, train=split.train, cross=True)


@attrs.frozen(kw_only=True, eq=False)
class Predictions:
    """What a model says of all rows, and what it said of rows while they were held out."""

    name: str
    scores: Scores
    """``(n, c)`` by the final model."""
    held: Scores
    """``(n, c)``; NaN for rows that were never held out."""
    seconds: float


def cross_fitted(
    task: NodeTask, held_out: HeldOut, fit: Callable[[Mask], Scores]
) -> tuple[Scores, Scores]:
    """Scores of the final model and held-out scores ``(n, c)`` of a model that ``fit`` trains."""
    held = np.full((len(task), len(task.outputs)), np.nan)
    scores = held
    for fold in held_out.folds:
        scores = fit(fold.train)
        held[fold.held] = scores[fold.held]
    return (fit(held_out.train) if held_out.cross else scores), held


def part_seed(seed: int, *names: object) -> int:
    """Seed of one training among several, whatever was trained before it."""
    return zlib.crc32("\0".join(map(str, (seed, *names))).encode())


def log_mean_scores(
    task: NodeTask, several: Sequence[Scores], weights: Sequence[float] | None = None
) -> Scores:
    """Mean of log-probabilities, normalised: who is sure counts more than who guesses.

    Of labels the mean of log-odds; of numbers their mean. Probabilities have a floor, so that no
    model can rule a class out alone. Without weights all count the same.
    """
    stacked = np.stack([*several])
    if task.kind == "regression":
        mean: Scores = np.average(stacked, axis=0, weights=weights)
        return mean
    likely = np.exp(np.average(np.log(stacked + FLOOR), axis=0, weights=weights))
    if task.kind == "multi-label":
        unlikely = np.exp(np.average(np.log(1 - stacked + FLOOR), axis=0, weights=weights))
        labels: Scores = likely / (likely + unlikely)
        return labels
    classes: Scores = likely / likely.sum(axis=1, keepdims=True)
    return classes


def mean_scores(several: Sequence[Scores]) -> Scores:
    """Mean of scores of equal shape."""
    mean: Scores = np.mean(np.stack([*several]), axis=0)
    return mean
