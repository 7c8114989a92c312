"""Rows from local Gaussian copulas."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import torch
from torch import Generator, Tensor

from geoframe import DataError
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.recombination.base import (
    MOST_DUPLICATES,
    PILOT_SEED,
    Composed,
    RecombiningSampler,
)
from geoframe_cfdm.recombination.config import LocalCopulaConfig
from geoframe_cfdm.recombination.neighbors import neighbors_of
from geoframe_cfdm.recombination.rows import Quantiles, RowEncoder, checked_levels, normal_scores
from geoframe_cfdm.recombination.target import TargetForest
from geoframe_cfdm.sampling.collection import Collection
from geoframe_cfdm.sampling.standardize import fit_standardizer
from geoframe_diffusion.noise import generator_of

TRIED = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
NEAR_ENOUGH = 0.97
"""Median distance to the data that samples must have, as a share of that of held-out rows."""
APART = 1.5
"""Distance of different categories, in standard deviations of a number."""
MAPPED = 2000
"""Samples by which the margins are fitted."""


class LocalCopula(RecombiningSampler):
    """A row, moved as its neighbours are spread, with the margins of the data.

    With z the normal scores of the columns, A a row i and its k nearest (K = k + 1), m their mean
    and xi ~ N(0, 1),

        ``z = m + sum_a c_a (z_a - m)``,   ``c_a = spread xi_a / sqrt(K)``, and for i itself
        ``sqrt(1 - spread^2)`` more:

    a draw from the Gaussian that fits the neighbourhood, moved towards i. Each column is then
    mapped monotonically to the quantiles of the data, so margins are kept. Categories and gaps
    are copied together from one row a, taken with probability proportional to ``c_a^2``. The
    column that the others are to predict, if there is one, is drawn by a :class:`.TargetForest`
    in the end, with the deviation of that row. A method of this project; there is no paper.
    """

    Config = LocalCopulaConfig
    options: LocalCopulaConfig
    levels: Tensor | None = None
    target: int | None = None

    def fit(
        self,
        data: Tensor,
        ids: Tensor | None = None,
        levels: Tensor | None = None,
        target: int | None = None,
    ) -> Self:
        """Learn from rows ``(n, d)``, in which nan is a gap.

        Parameters
        ----------
        levels
            ``(d,)`` number of categories of a column that holds their numbers; 0 for numbers.
        target
            Column that the others are to predict, if there is one.

        Raises
        ------
        DataError
            If the data cannot be used.
        """
        self.levels, self.target = levels, target
        return super().fit(data, ids)

    def fitted(self) -> dict[str, Tensor]:
        """The data, which columns hold categories, and the target: all else follows from them."""
        known = {} if self.levels is None else {"levels": self.levels}
        if self.target is not None:
            known["target"] = torch.tensor(self.target)
        return {**super().fitted(), **known}

    def restore(self, fitted: Mapping[str, Tensor]) -> Self:
        """Learn from the same data again."""
        kept = dict(fitted)
        self.levels = kept.pop("levels", None)
        target = kept.pop("target", None)
        self.target = None if target is None else int(target)
        return self._take(Collection.of(**kept))

    def _learn(self) -> None:
        flat = self.collection.flat
        if len(self.collection.shape) != 1:
            raise DataError(
                f"local-copula takes rows (n, d), not items of shape {self.collection.shape}; "
                "set sampler.name = 'neighbor-mosaic' for images, 'closed-form' for anything else"
            )
        levels = checked_levels(flat, self.levels)
        self._numbers = levels == 0
        self._encoder = RowEncoder.of(flat, levels)
        encoded = self._encoder(flat)
        self.points = Points(encoded, fit_standardizer(encoded, "none"))
        self.neighbors = neighbors_of(self.points, 1)
        scores = torch.where(self._numbers, normal_scores(flat), flat.double())
        located = RowEncoder.of(scores, levels, apart=APART)(scores)
        near = neighbors_of(Points(located, fit_standardizer(located, "none")), self._count)
        self._lists = near.index
        numbers = scores[:, self._numbers]
        self._present = ~numbers.isnan()
        self._scores = numbers.nan_to_num(0.0).float()
        self._quantiles = Quantiles(flat[:, self._numbers])
        self._forest: TargetForest | None = None
        if self.target is not None and flat.shape[1] > 1:
            self._forest = TargetForest(flat, levels, self.target, self.options.target_spread)
        tried = TRIED if self.options.spread == "auto" else (self.options.spread,)
        for self._spread in tried:
            self._fit_margins()
            if len(tried) > 1:
                median, duplicates = self._pilot()
                if median >= NEAR_ENOUGH * self.neighbors.median and duplicates <= MOST_DUPLICATES:
                    break

    @property
    def _count(self) -> int:
        # Of a few rows the neighbourhood would be all, and texts would not fit numbers.
        return min(self.options.neighbors, max(2, len(self.collection) // 4))

    def _fit_margins(self) -> None:
        """Quantiles of the scores that mixing gives, so that its margins can be undone.

        Scores count where a sample would have a value: in a neighbourhood of gaps there is none.
        """
        index = self._members(self._anchors(range(MAPPED), PILOT_SEED - 1))
        generator = generator_of(PILOT_SEED - 1, 0)
        coefficients = self._coefficients(torch.randn(index.shape, generator=generator))
        copied = _copied(index, coefficients, torch.rand(MAPPED, generator=generator))
        mixed = self._mixed(index, coefficients)
        there = self._present[copied]
        mixed = torch.where(there | ~there.any(0), mixed, torch.nan)
        levels = torch.linspace(0, 1, MAPPED)
        self._margins = mixed.nanquantile(levels, dim=0).T.contiguous()

    def _members(self, anchors: Tensor) -> Tensor:
        return torch.cat([anchors[:, None], self._lists[anchors]], 1)

    def _coefficients(self, noise: Tensor) -> Tensor:
        """Coefficients of the members ``(B, K)`` from normal numbers."""
        coefficients = self._spread / math.sqrt(noise.shape[1]) * noise
        coefficients[:, 0] += math.sqrt(1 - self._spread**2)
        return coefficients

    def _mixed(self, index: Tensor, coefficients: Tensor) -> Tensor:
        """Scores of the mixtures ``(B, numbers)``; a gap in a member is left out."""
        scores, present = self._scores[index], self._present[index]
        mean = (scores * present).sum(1) / present.sum(1).clamp_min(1)
        moved = (scores - mean[:, None]) * present
        return mean + torch.einsum("bk,bkd->bd", coefficients, moved)

    def _compose(self, anchors: Tensor, generators: Sequence[Generator]) -> Composed:
        index = self._members(anchors)
        noise, uniform = torch.empty(index.shape), torch.empty(len(index), 2)
        for row, own in enumerate(generators):
            noise[row].normal_(generator=own)
            uniform[row].uniform_(generator=own)
        coefficients = self._coefficients(noise)
        rows = _copied(index, coefficients, uniform[:, 0])
        flat = self.collection.flat[rows].double()
        if bool(self._numbers.any()):
            values = self._quantiles(self._levels_of(self._mixed(index, coefficients)))
            gaps = flat[:, self._numbers].isnan()
            flat[:, self._numbers] = torch.where(gaps, torch.nan, values)
        if self._forest is not None:
            flat[:, self.target] = self._forest(flat, rows, uniform[:, 1])
        return Composed(flat=flat, index=index, share=_shares(coefficients))

    def _levels_of(self, mixed: Tensor) -> Tensor:
        """Where mixtures ``(B, numbers)`` stand among all mixtures, in (0, 1)."""
        scores, margins = mixed.T.contiguous(), self._margins
        above = torch.searchsorted(margins, scores).clamp(1, margins.shape[1] - 1)
        low, high = margins.gather(1, above - 1), margins.gather(1, above)
        part = ((scores - low) / (high - low).clamp_min(1e-12)).clamp(0, 1)
        return (above + part - 0.5).T / margins.shape[1]

    def _located(self, flat: Tensor) -> Tensor:
        return self.points.standardizer.forward(self._encoder(flat))

    def _choices(self) -> dict[str, Any]:
        return {"neighbors": self._lists.shape[1], "spread": self._spread}


def _shares(coefficients: Tensor) -> Tensor:
    """Shares of the members ``(B, K)``: their part of the variance."""
    squares = coefficients.square()
    return squares / squares.sum(1, keepdim=True)


def _copied(index: Tensor, coefficients: Tensor, uniform: Tensor) -> Tensor:
    """Member ``(B,)`` that categories and gaps are copied from, drawn by the shares."""
    below = (_shares(coefficients).cumsum(1) < uniform[:, None]).sum(1)
    return index.gather(1, below.clamp_max(index.shape[1] - 1)[:, None])[:, 0]
