"""A column that the others predict, drawn by a random forest instead of by mixing."""

from __future__ import annotations

import warnings
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from geoframe_cfdm.recombination.rows import REPEATED, RowEncoder

TREES = 100
MOST_ROWS = 10_000
"""Rows that a tree is grown on, most."""


@runtime_checkable
class TakesTarget(Protocol):
    """A sampler of rows whose ``fit`` takes ``target``, the column that the others are to predict.

    It keeps the relation of that column with the others closer than that of any other two.
    """

    @property
    def target(self) -> int | None:
        """What ``fit`` was given."""
        ...


class TargetForest:
    """What the other columns of a row say of one.

    A number is the mean of the trees' predictions, and a share of what a training row lies beside
    that of the trees that were grown without it (out of bag). A category is drawn from the trees'
    votes to the power 1 / share. So a share below 1 understates how much rows that agree in the
    others differ in this column. Trees: L. Breiman, *Random Forests*, Machine Learning 45, 2001;
    drawing a column from the others by trees: J. P. Reiter, *Using CART to generate partially
    synthetic public use microdata*, Journal of Official Statistics 21, 2005.

    Parameters
    ----------
    flat
        Training rows ``(n, d)``, d at least 2; nan is a gap.
    levels
        Number of categories of each column ``(d,)``; 0 for numbers.
    target
        The column.
    share
        In (0, 1].
    """

    def __init__(self, flat: Tensor, levels: Tensor, target: int, share: float) -> None:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        self._target, self._share = target, share
        self._others = torch.arange(flat.shape[1]) != target
        self._encode = RowEncoder.of(flat[:, self._others], levels[self._others])
        self._classes = int(levels[target]) > 0
        column = flat[:, target].double()
        known = ~column.isnan()
        x, y = self._encode(flat[:, self._others])[known].numpy(), column[known]
        self._values = y.unique()
        self._repeats = len(self._values) < REPEATED * len(y)
        self._whole = bool((y == y.round()).all())
        options: dict[str, Any] = {
            "n_estimators": TREES,
            "max_samples": min(len(y), MOST_ROWS),
            "random_state": 0,
        }
        self._beside = torch.zeros_like(column)
        if self._classes:
            self._forest = RandomForestClassifier(**options).fit(x, y.numpy())
            return
        with warnings.catch_warnings():  # of few rows, some are in all trees
            warnings.simplefilter("ignore", UserWarning)
            self._forest = RandomForestRegressor(oob_score=True, **options).fit(x, y.numpy())
        self._beside[known] = y - torch.from_numpy(self._forest.oob_prediction_)

    def __call__(self, flat: Tensor, rows: Tensor, uniform: Tensor) -> Tensor:
        """Values ``(B,)`` of the column; a gap stays one.

        Parameters
        ----------
        flat
            Rows ``(B, d)`` float64.
        rows
            Training rows ``(B,)`` whose deviation each one gets a share of.
        uniform
            Random numbers ``(B,)`` that draw categories.
        """
        x = self._encode(flat[:, self._others]).numpy()
        if self._classes:
            votes = torch.from_numpy(self._forest.predict_proba(x)) ** (1 / self._share)
            below = votes.cumsum(1) < uniform[:, None] * votes.sum(1, keepdim=True)
            found = self._values[below.sum(1).clamp_max(len(self._values) - 1)]
        else:
            found = torch.from_numpy(self._forest.predict(x)) + self._share * self._beside[rows]
            found = found.clamp(self._values[0], self._values[-1])
            if self._repeats:
                found = self._values[(found[:, None] - self._values).abs().argmin(1)]
            elif self._whole:
                found = found.round()
        return torch.where(flat[:, self._target].isnan(), torch.nan, found)
