"""Simple generators that a new one has to beat."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from torch import Generator, Tensor

from geoframe import Sampler
from geoframe_cfdm.baselines.rivals_config import (
    GaussianCopulaConfig,
    PCAMixtureConfig,
    SMOTEConfig,
)
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.recombination.neighbors import neighbors_of
from geoframe_cfdm.recombination.rows import Quantiles, RowEncoder, checked_levels, normal_scores
from geoframe_cfdm.sampling.collection import Collection
from geoframe_cfdm.sampling.standardize import fit_standardizer


class Rival(Sampler):
    """A generator that is fitted to flat items."""

    Config: type[Any]

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.options = self.Config(**options)

    @abstractmethod
    def _learn(self) -> None:
        """Learn from ``self.collection``."""

    @abstractmethod
    def _drawn(self, n: int, generator: Generator | None) -> Tensor:
        """Draw flat items ``(n, D)``."""

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of one item."""
        return self.collection.shape

    def fit(self, data: Tensor) -> Self:
        """Learn from items ``(n, *item_shape)``."""
        self.collection = Collection.of(data)
        self._learn()
        return self

    def fitted(self) -> dict[str, Tensor]:
        """The data: all else follows from them."""
        return self.collection.tensors()

    def restore(self, fitted: Mapping[str, Tensor]) -> Self:
        """Learn from the same data again."""
        return self.fit(fitted["data"])

    def sample(self, n: int, *, generator: Generator | None = None) -> Tensor:
        """Draw ``n`` items."""
        return self.collection.shaped(self._drawn(n, generator))


class PCAMixture(Rival):
    """A mixture of Gaussians with full covariances on the first principal components."""

    Config = PCAMixtureConfig
    options: PCAMixtureConfig

    def _learn(self) -> None:
        from sklearn.decomposition import PCA
        from sklearn.mixture import GaussianMixture

        flat = self.collection.flat.double().numpy()
        n, d = flat.shape
        self._range = float(flat.min()), float(flat.max())
        self._unit = max(self._range[1] - self._range[0], 1e-12) / 2
        found = PCA(min(self.options.axes, n - 1, d), random_state=self.options.seed)
        scores = found.fit_transform(flat / self._unit)
        self._centre = torch.from_numpy(found.mean_)
        self._axes = torch.from_numpy(found.components_)
        mixture = GaussianMixture(min(self.options.components, n), random_state=self.options.seed)
        mixture.fit(scores)
        self._weights = torch.from_numpy(mixture.weights_)
        self._means = torch.from_numpy(mixture.means_)
        self._roots = torch.from_numpy(np.linalg.cholesky(mixture.covariances_))

    def _drawn(self, n: int, generator: Generator | None) -> Tensor:
        noise = torch.randn(n, self._means.shape[1], dtype=torch.float64, generator=generator)
        uniform = torch.rand(n, dtype=torch.float64, generator=generator)
        which = torch.searchsorted(self._weights.cumsum(0), uniform)
        which = which.clamp_max(len(self._weights) - 1)
        scores = self._means[which] + torch.einsum("nij,nj->ni", self._roots[which], noise)
        return ((scores @ self._axes + self._centre) * self._unit).clamp(*self._range)


class RowRival(Rival):
    """A generator of rows with categories and gaps."""

    levels: Tensor | None = None

    def fit(self, data: Tensor, levels: Tensor | None = None) -> Self:
        """Learn from rows ``(n, d)``; nan is a gap, ``levels`` ``(d,)`` counts categories."""
        self.levels = levels
        return super().fit(data)

    def fitted(self) -> dict[str, Tensor]:
        """The data, and which columns hold categories."""
        known = {} if self.levels is None else {"levels": self.levels}
        return {**super().fitted(), **known}

    def restore(self, fitted: Mapping[str, Tensor]) -> Self:
        """Learn from the same data again."""
        return self.fit(fitted["data"], fitted.get("levels"))


class GaussianCopula(RowRival):
    """Normal scores of all columns with one correlation matrix, and the columns' own quantiles.

    A category is an interval of levels, the frequent ones first, and a gap a column of its own.
    """

    Config = GaussianCopulaConfig

    def _learn(self) -> None:
        flat = self.collection.flat.double()
        levels = checked_levels(flat, self.levels)
        self._numbers = levels == 0
        gaps = flat.isnan()
        self._flagged = gaps.any(0)
        coded = torch.where(gaps & ~self._numbers, levels.double(), flat)
        self._order, columns = [], [normal_scores(flat[:, self._numbers]).nan_to_num(0.0)]
        for column in (~self._numbers).nonzero()[:, 0].tolist():
            counts = coded[:, column].long().bincount(minlength=int(levels[column]) + 1)
            order = counts.argsort(descending=True, stable=True)
            self._order.append(order)
            columns.append(normal_scores(order.argsort()[coded[:, column].long()][:, None]))
        flags = self._flagged & self._numbers
        columns.append(normal_scores(gaps[:, flags].double()))
        scores = torch.cat(columns, 1)
        covariance = torch.atleast_2d(scores.T.cov()) + 1e-6 * torch.eye(scores.shape[1])
        deviation = covariance.diagonal().sqrt()
        self._root = torch.linalg.cholesky(covariance) / deviation[:, None]
        self._quantiles = Quantiles(flat[:, self._numbers])
        ranked = [
            order.argsort()[coded[:, column].long()]
            for order, column in zip(
                self._order, (~self._numbers).nonzero()[:, 0].tolist(), strict=True
            )
        ]
        self._ranks = Quantiles(torch.stack(ranked, 1)) if ranked else None
        self._gaps = Quantiles(gaps[:, flags].double())

    def _drawn(self, n: int, generator: Generator | None) -> Tensor:
        noise = torch.randn(n, len(self._root), dtype=torch.float64, generator=generator)
        level = torch.special.ndtr(noise @ self._root.T)
        d, count = len(self._numbers), int(self._numbers.sum())
        flat = torch.empty(n, d, dtype=torch.float64)
        flat[:, self._numbers] = self._quantiles(level[:, :count])
        if self._ranks is not None:
            ranks = self._ranks(level[:, count:d]).long()
            codes = [order[rank] for order, rank in zip(self._order, ranks.T, strict=True)]
            assert self.levels is not None
            drawn = torch.stack(codes, 1).double()
            beyond = drawn >= self.levels[~self._numbers]
            flat[:, ~self._numbers] = torch.where(beyond, torch.nan, drawn)
        flags = self._flagged & self._numbers
        absent = torch.zeros(n, d, dtype=torch.bool)
        absent[:, flags] = self._gaps(level[:, d:]) > 0
        return torch.where(absent, torch.nan, flat)


class SMOTE(RowRival):
    """A point between a row and one of its nearest, categories by their majority.

    Source: Chawla et al., *SMOTE: Synthetic Minority Over-sampling Technique*, JAIR 2002 (SMOTE-NC
    for categories), with the row itself at any place, since there is no minority here.
    """

    Config = SMOTEConfig
    options: SMOTEConfig

    def _learn(self) -> None:
        flat = self.collection.flat
        levels = checked_levels(flat, self.levels)
        self._numbers = levels == 0
        encoded = RowEncoder.of(flat, levels)(flat)
        points = Points(encoded, fit_standardizer(encoded, "none"))
        self._lists = neighbors_of(points, self.options.neighbors).index

    def _drawn(self, n: int, generator: Generator | None) -> Tensor:
        anchor = torch.randint(len(self._lists), (n,), generator=generator)
        place = torch.randint(self._lists.shape[1], (n, 1), generator=generator)
        way = torch.rand(n, 1, dtype=torch.float64, generator=generator)
        flat = self.collection.flat.double()
        row, other = flat[anchor], flat[self._lists[anchor].gather(1, place)[:, 0]]
        moved = torch.where(other.isnan(), row, row + way * (other - row))
        if not bool(self._numbers.all()):
            around = flat[self._lists[anchor]][:, :, ~self._numbers]
            majority = around.nan_to_num(-1.0).mode(1).values
            moved[:, ~self._numbers] = torch.where(majority < 0, torch.nan, majority)
        return moved
