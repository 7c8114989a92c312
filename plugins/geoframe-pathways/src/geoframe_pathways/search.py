"""Choosing the number of experts and the weight decay on rows that were held out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from geoframe_pathways.config import ModelConfig
from geoframe_pathways.experts.fitting import Fitted, Rows, measure

Choice = TypeVar("Choice")
Fit = Callable[[int, float, list[Rows]], list[Fitted]]

WORTH = 0.99
"""Part of the least error so far that a later candidate must stay below, where patience counts."""


class Search:
    """Trains candidates on some of the rows and measures them on the others, each once.

    Parameters
    ----------
    rows
        Training rows.
    fit
        Trains a number of experts with a weight decay on each of several sets of rows.
    held
        Row numbers that are held out, set after set; see :func:`folds_of` and :func:`held_out`.
    patience
        Candidates in turn that may be no better than the best; None tries all.
    whole
        As ``fit``, with all steps, if ``fit`` takes a part of them; see :meth:`one_by_one`.
    """

    def __init__(
        self,
        rows: Rows,
        fit: Fit,
        held: Sequence[NDArray[np.int64]],
        *,
        patience: int | None = None,
        whole: Fit | None = None,
    ) -> None:
        everything = np.arange(len(rows))
        self._train = [rows.take(np.setdiff1d(everything, part)) for part in held]
        self._held = [rows.take(part) for part in held]
        self._fit, self._whole = fit, whole
        self._patience = patience
        self._errors: dict[tuple[int, float, bool], float] = {}
        self.table: list[dict[str, float | int]] = []
        """What was tried, a row each."""

    def error(self, experts: int, decay: float, *, whole: bool = False) -> float:
        """Error over all held-out rows, each predicted by the model that did not see it.

        RMSE for regression, mean negative log-probability for classification.
        """
        key = (experts, decay, whole)
        if key not in self._errors:
            fit = self._whole if whole and self._whole is not None else self._fit
            fitted = fit(experts, decay, self._train)
            self._errors[key] = self._measured(fitted)
            self.table.append(
                {
                    "experts": experts,
                    "cells": min(each.model.experts for each in fitted),
                    "weight_decay": decay,
                    "steps": fitted[0].training.steps,
                    "validation_error": self._errors[key],
                    "seconds": fitted[0].training.seconds,
                }
            )
        return self._errors[key]

    def one_by_one(self, numbers: Sequence[int], decays: Sequence[float]) -> tuple[int, float]:
        """Choose the number of experts with the first decay, then the decay; of equals the first.

        Both are tried in order; after ``patience`` of them in turn that are not 1 % better
        than the best, the rest is not. Where there is nothing to choose, nothing is trained.

        Many experts learn faster than one network, and are ahead of it after a part of the steps
        where in the end they are not. So they are taken only if with that part they are still
        ahead of one network that was trained with all steps, which costs little beside them.
        """
        number = _best(numbers, lambda number: self.error(number, decays[0]), self._patience)
        if self._whole is not None and number > 1 and 1 in numbers:
            one = self.error(1, decays[0], whole=True)
            number = 1 if one <= self.error(number, decays[0]) else number
        return number, self.decay(decays, number)

    def jointly(self, numbers: Sequence[int], decays: Sequence[float]) -> tuple[int, float]:
        """Choose among all pairs of a number of experts and a decay; of equals the first."""
        return _best(list(itertools.product(numbers, decays)), lambda pair: self.error(*pair))

    def decay(self, decays: Sequence[float], experts: int) -> float:
        """Return the weight decay with the least error; see :meth:`one_by_one`."""
        return _best(decays, lambda decay: self.error(experts, decay), self._patience)

    def _measured(self, fitted: Sequence[Fitted]) -> float:
        squared = self._held[0].task == "regression"
        total = 0.0
        for each, held in zip(fitted, self._held, strict=True):
            measures = measure(each.model, held)
            total += len(held) * (measures["rmse"] ** 2 if squared else measures["log_loss"])
        mean = total / sum(len(held) for held in self._held)
        return float(np.sqrt(mean)) if squared else mean


def candidates(options: ModelConfig, rows: int) -> list[int]:
    """Numbers of experts worth trying: each leaves ``min_rows`` rows per cell on average."""
    found = sorted({number for number in options.experts if rows >= number * options.min_rows})
    return found or [1]


def held_out(rows: Rows, fraction: float, seed: int) -> list[NDArray[np.int64]]:
    """Draw a share of the rows -> their numbers, as the only set."""
    order = np.random.default_rng(seed).permutation(len(rows))
    return [np.sort(order[: max(1, int(fraction * len(rows)))])]


def folds_of(rows: Rows, folds: int, seed: int) -> list[NDArray[np.int64]]:
    """Deal the rows out to at most so many sets of equal size, and each class to all of them."""
    order = np.random.default_rng(seed).permutation(len(rows))
    if rows.task == "classification":
        order = order[np.argsort(rows.y[order], kind="stable")]
    return [np.sort(order[first::folds]) for first in range(min(folds, len(rows)))]


def _best(
    choices: Sequence[Choice], error: Callable[[Choice], float], patience: int | None = None
) -> Choice:
    if len(choices) == 1:
        return choices[0]
    best, least, worse = choices[0], error(choices[0]), 0
    for choice in choices[1:]:
        if worse == patience:
            break
        found = error(choice)
        worse = 0 if found < (1.0 if patience is None else WORTH) * least else worse + 1
        if not worse:
            best, least = choice, found
    return best
