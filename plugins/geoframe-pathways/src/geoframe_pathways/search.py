"""Choosing the number of experts and the weight decay on rows that were held out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from geoframe_pathways.config import ModelConfig
from geoframe_pathways.fitting import Fitted, Rows, measure

Choice = TypeVar("Choice", int, float)


class Search:
    """Trains candidates on some of the rows and measures them on the others, each once.

    Parameters
    ----------
    rows
        Training rows; ``fraction`` of them, drawn by ``seed``, are held out.
    fit
        Trains a number of experts with a weight decay on rows.
    """

    def __init__(
        self,
        rows: Rows,
        fit: Callable[[int, float, Rows], Fitted],
        *,
        fraction: float,
        seed: int,
    ) -> None:
        order = np.random.default_rng(seed).permutation(len(rows))
        held = max(1, int(fraction * len(rows)))
        self._train, self._held = (
            rows.take(np.sort(part)) for part in (order[held:], order[:held])
        )
        self._fit = fit
        self._errors: dict[tuple[int, float], float] = {}
        self.table: list[dict[str, float | int]] = []
        """What was tried, a row each."""

    def error(self, experts: int, decay: float) -> float:
        """RMSE for regression, mean negative log-probability for classification."""
        key = (experts, decay)
        if key not in self._errors:
            fitted = self._fit(experts, decay, self._train)
            measures = measure(fitted.model, self._held)
            self._errors[key] = measures["rmse" if self._held.task == "regression" else "log_loss"]
            self.table.append(
                {
                    "experts": experts,
                    "cells": fitted.model.experts,
                    "weight_decay": decay,
                    "validation_error": self._errors[key],
                    "seconds": fitted.training.seconds,
                }
            )
        return self._errors[key]

    def experts(self, candidates: Sequence[int], decay: float) -> int:
        """Return the number of experts with the least error; of equals the first."""
        return _best(candidates, lambda number: self.error(number, decay))

    def decay(self, candidates: Sequence[float], experts: int) -> float:
        """Return the weight decay with the least error; of equals the first."""
        return _best(candidates, lambda decay: self.error(experts, decay))


def candidates(options: ModelConfig, rows: int) -> list[int]:
    """Numbers of experts worth trying: each leaves ``min_rows`` rows per cell on average."""
    found = sorted({number for number in options.experts if rows >= number * options.min_rows})
    return found or [1]


def _best(choices: Sequence[Choice], error: Callable[[Choice], float]) -> Choice:
    return choices[0] if len(choices) == 1 else min(choices, key=error)
