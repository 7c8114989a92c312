"""Rows of numbers and categories with gaps, as points and as normal scores."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import attrs
import numpy as np
import torch
from scipy.stats import rankdata
from torch import Tensor

from geoframe import DataError

MOST_LEVELS = 256
"""Categories up to which a column has a say in distances; names of rows have none."""
REPEATED = 0.5
"""Share of distinct values below which a column's values are drawn from those it has."""


@runtime_checkable
class TakesCategories(Protocol):
    """A sampler of rows ``(n, d)`` in which nan is a gap; its ``fit`` takes ``levels`` too.

    ``levels`` ``(d,)`` integers: the number of categories of a column whose values are their
    numbers, or 0 for a column of numbers.
    """

    @property
    def levels(self) -> Tensor | None:
        """What ``fit`` was given."""
        ...


def checked_levels(flat: Tensor, levels: Tensor | None) -> Tensor:
    """Return the number of categories of each column of rows ``(n, d)``; 0 for numbers.

    Raises
    ------
    DataError
        If levels do not fit the rows.
    """
    if levels is None:
        return torch.zeros(flat.shape[1], dtype=torch.long)
    if levels.shape != (flat.shape[1],):
        raise DataError(f"levels must be one for each of {flat.shape[1]} columns")
    codes = flat[:, levels > 0]
    present = codes[~codes.isnan()]
    if len(present) and not bool((present == present.round()).all()):
        raise DataError("columns of categories must hold their numbers, 0, 1, ...")
    return levels


@attrs.frozen(kw_only=True, eq=False)
class RowEncoder:
    """Rows as points: numbers in their standard deviations, and one coordinate per category.

    Two rows of other categories in a column, or one of which has a gap there, differ by ``apart``.
    """

    levels: Tensor
    mean: Tensor
    """``(d,)``, over what is not missing."""
    deviation: Tensor
    gaps: Tensor
    """Whether a column of numbers has gaps ``(d,)``."""
    apart: float = 1.0

    @classmethod
    def of(cls, flat: Tensor, levels: Tensor, *, apart: float = 1.0) -> RowEncoder:
        """Measure rows ``(n, d)``.

        Raises
        ------
        DataError
            If a column holds nothing at all, or an infinite number.
        """
        values = flat.double()
        if bool(values.isinf().any()):
            raise DataError("the rows hold infinite numbers; repair or remove them")
        missing = values.isnan()
        if bool((empty := missing.all(0)).any()):
            raise DataError(f"column {int(empty.nonzero()[0, 0])} has no value; leave it out")
        mean = values.nanmean(0)
        deviation = (values - mean).square().nanmean(0).sqrt()
        deviation = torch.where(deviation > 1e-12 * mean.abs().clamp_min(1e-300), deviation, 1.0)
        return cls(levels=levels, mean=mean, deviation=deviation, gaps=missing.any(0), apart=apart)

    def __call__(self, flat: Tensor) -> Tensor:
        """Points ``(n, D)`` float32 of rows ``(n, d)``."""
        values = flat.double()
        numbers = self.levels == 0
        scaled = ((values - self.mean) / self.deviation)[:, numbers]
        parts = [scaled.nan_to_num(0.0)]
        flags = scaled.isnan()[:, self.gaps[numbers]]
        parts.append(flags.double() * self.apart)
        coded = (self.levels > 0) & (self.levels <= MOST_LEVELS)
        for column in coded.nonzero()[:, 0].tolist():
            count = int(self.levels[column])
            codes = values[:, column].nan_to_num(float(count)).long().clamp(0, count)
            hot = torch.nn.functional.one_hot(codes, count + 1).double()
            parts.append(hot * (self.apart / 2**0.5))
        return torch.cat(parts, 1).float()


def normal_scores(flat: Tensor) -> Tensor:
    """Normal scores ``(n, d)`` of columns: quantiles of N(0, 1) at their ranks; nan stays.

    Equal values get the score of their mean rank.
    """
    values = flat.double().numpy()
    scores = np.full_like(values, np.nan)
    for column in range(values.shape[1]):
        there = ~np.isnan(values[:, column])
        ranks = rankdata(values[there, column])
        scores[there, column] = (ranks - 0.5) / max(int(there.sum()), 1)
    return torch.from_numpy(scores).mul(2).sub(1).erfinv().mul(2**0.5)


class Quantiles:
    """From a level in (0, 1) to the quantile of each column, in the manner of its values.

    Between the values of a column in which most are distinct it interpolates; whole numbers stay
    whole; a column that repeats its values gets these and no others.

    Parameters
    ----------
    flat
        Rows ``(n, d)``; nan is left out.
    """

    def __init__(self, flat: Tensor) -> None:
        values = flat.double()
        self.sorted = [column[~column.isnan()].sort().values for column in values.T]
        self.repeats = [len(each.unique()) < REPEATED * len(each) for each in self.sorted]
        self.whole = [bool((each == each.round()).all()) for each in self.sorted]

    def __call__(self, level: Tensor) -> Tensor:
        """Values ``(n, d)`` float64 at levels ``(n, d)``."""
        columns = []
        for at, known, repeats, whole in zip(
            level.double().T, self.sorted, self.repeats, self.whole, strict=True
        ):
            place = (at * len(known) - 0.5).clamp(0, len(known) - 1)
            if repeats:
                columns.append(known[place.round().long()])
                continue
            below = place.floor().long()
            above = (below + 1).clamp_max(len(known) - 1)
            value = known[below] + (place - below) * (known[above] - known[below])
            columns.append(value.round() if whole else value)
        return torch.stack(columns, 1) if columns else level.double()
