"""Columns of many categories as what the target is where they stand. Torch-free."""

from __future__ import annotations

from typing import Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_data.table import Table

FOLDS = 5
"""Parts of the rows; each is told by what the target is in the others."""


@attrs.frozen(kw_only=True)
class TargetStatistics:
    """Mean of a target for each category of a column, shrunk to the mean of all rows.

    Of classes, the share of each (of two, that of the second).
    """

    name: str
    """The column."""
    levels: tuple[str, ...]
    """Categories of the training rows, sorted; the empty text is a missing one."""
    means: tuple[tuple[float, ...], ...]
    """For each statistic, a number for each category."""
    default: tuple[float, ...]
    """For each statistic, the number for a category that was not seen."""

    def encode(self, table: Table) -> NDArray[np.float64]:
        """Statistics of the column's categories ``(n, statistics)``."""
        found = table.texts(self.name).astype(np.str_)
        levels = np.array(self.levels)
        places = np.minimum(np.searchsorted(levels, found), len(levels) - 1)
        known = levels[places] == found
        columns = [
            np.where(known, np.array(means)[places], default)
            for means, default in zip(self.means, self.default, strict=True)
        ]
        return np.stack(columns, axis=1)


def fit_target_statistics(
    table: Table,
    name: str,
    target: NDArray[np.generic],
    task: Literal["regression", "classification"],
    *,
    seed: int = 0,
) -> tuple[TargetStatistics, NDArray[np.float64]]:
    """Learn the statistics of a column's categories: scikit-learn's ``TargetEncoder``.

    Parameters
    ----------
    target
        Numbers ``(n,)`` or ``(n, outputs)``, or classes ``(n,)``.
    seed
        Of the folds.

    Returns
    -------
    tuple
        The statistics, for new rows; and those of the training rows ``(n, statistics)``, each from
        rows of other folds. A model must be trained on the latter: the former know the very
        target that it is to learn.
    """
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import TargetEncoder

    texts = table.texts(name).astype(object)[:, None]
    means: list[tuple[float, ...]] = []
    default: list[float] = []
    out_of_fold: list[NDArray[np.float64]] = []
    levels: tuple[str, ...] = ()
    for output in _outputs(target, task):
        whole = TargetEncoder(target_type="continuous").fit(texts, output)
        levels = tuple(str(level) for level in whole.categories_[0])
        means.append(tuple(whole.encodings_[0].tolist()))
        default.append(float(whole.target_mean_))
        values = np.empty(len(texts))
        for known, held in KFold(FOLDS, shuffle=True, random_state=seed).split(texts):
            fitted = TargetEncoder(target_type="continuous").fit(texts[known], output[known])
            values[held] = fitted.transform(texts[held])[:, 0]
        out_of_fold.append(values)
    statistics = TargetStatistics(
        name=name, levels=levels, means=tuple(means), default=tuple(default)
    )
    return statistics, np.stack(out_of_fold, axis=1)


def _outputs(
    target: NDArray[np.generic], task: Literal["regression", "classification"]
) -> list[NDArray[np.float64]]:
    """Numbers ``(n,)`` that have a mean, each in turn: of classes, whether it is this one."""
    if task == "classification":
        classes = np.unique(target)
        return [(target == each).astype(np.float64) for each in classes[len(classes) == 2 :]]
    return [each.astype(np.float64) for each in target.reshape(len(target), -1).T]
