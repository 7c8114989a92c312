"""The sampler measured best for the kind of data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import torch
from torch import Generator, Tensor

from geoframe import Sampler
from geoframe_cfdm.recombination.base import MOST_DUPLICATES, PILOT_SEED, PILOTS
from geoframe_cfdm.recombination.config import AutoConfig
from geoframe_cfdm.recombination.copula import LocalCopula
from geoframe_cfdm.recombination.mosaic import NeighborMosaic
from geoframe_cfdm.sampling.distances import nearest_points
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion

OF_COLUMNS = ("levels", "target")
"""Tensors of a fitted state that say something of columns, not of items."""
LEAST_SIDE = 8
"""Height and width from which items count as images."""
MOST_COLUMNS = 256
"""Values of an item up to which it counts as a row."""
SIGMAS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8)
"""Smoothing that the closed form is tried with, in units of the neighbour distance."""


class AutoSampler(Sampler):
    """Images get ``neighbor-mosaic``, rows ``local-copula``, and all else ``closed-form``.

    The method's reference table ``field`` measures them beside their rivals. The closed form
    takes the least smoothing of which at most 2 % of pilot samples are duplicates, where a
    duplicate is nearer to a training item than 99 % of these are to another.
    """

    Config = AutoConfig
    levels: Tensor | None = None
    target: int | None = None

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.options = self.Config(**options)

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of one item."""
        return self.chosen.item_shape

    def fit(
        self,
        data: Tensor,
        ids: Tensor | None = None,
        levels: Tensor | None = None,
        target: int | None = None,
    ) -> Self:
        """Choose by the shape of items ``(n, *item_shape)``, and fit what was chosen.

        ``levels`` and ``target`` are those of :class:`.LocalCopula`.
        """
        self.levels, self.target = levels, target
        shape = tuple(data.shape[1:])
        shared = {"redraws": self.options.redraws, "batch_size": self.options.batch_size}
        self.chosen: Sampler
        if len(shape) == 1 and (shape[0] <= MOST_COLUMNS or levels is not None):
            self.why = "items are rows"
            self.chosen = LocalCopula(**shared).fit(data, ids, levels, target)
        elif are_images(shape):
            self.why = "items are images"
            self.chosen = NeighborMosaic(**shared).fit(data, ids)
        else:
            self.why = "items are neither images nor rows"
            self.chosen = self._closed_form(data, ids)
        return self

    def _closed_form(self, data: Tensor, ids: Tensor | None) -> ClosedFormDiffusion:
        size = self.options.batch_size
        for sigma in SIGMAS:
            tried = ClosedFormDiffusion(sigma_relative=sigma, batch_size=size).fit(data)
            pilot = tried.draw(PILOTS, seed=PILOT_SEED)["items"].flatten(1)
            distance = nearest_points(tried.points, tried.standardizer.forward(pilot), 1)[0]
            if (distance[:, 0] < tried.spacing.low).double().mean() <= MOST_DUPLICATES:
                break
        return ClosedFormDiffusion(sigma_relative=sigma, batch_size=size).fit(data, ids=ids)

    def fitted(self) -> dict[str, Tensor]:
        """The state of the sampler that was chosen."""
        return self.chosen.fitted()

    def restore(self, fitted: Mapping[str, Tensor]) -> Self:
        """Choose and fit again."""
        target = int(fitted["target"]) if "target" in fitted else None
        return self.fit(fitted["data"], fitted.get("ids"), fitted.get("levels"), target)

    def remove(self, index: Tensor | Sequence[int]) -> Self:
        """Forget items for good, as if they had never been there; the choice is made again."""
        kept = torch.ones(len(self.fitted()["data"]), dtype=torch.bool)
        kept[torch.as_tensor(index, dtype=torch.long)] = False
        parts = {
            name: value if name in OF_COLUMNS else value[kept]
            for name, value in self.fitted().items()
        }
        return self.restore(parts)

    def sample(self, n: int, *, generator: Generator | None = None) -> Tensor:
        """Draw ``n`` items with the sampler that was chosen."""
        return self.chosen.sample(n, generator=generator)

    def draw(self, n: int, *, seed: int, first: int = 0) -> dict[str, Tensor]:
        """Draw items with the sampler that was chosen, and what it tells of each."""
        return self.chosen.draw(n, seed=seed, first=first)

    def provenance(self, drawn: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Training items and their shares, of what :meth:`draw` returned."""
        return drawn["tuple_index"], drawn["tuple_weight"]

    def explain(self) -> Sequence[Mapping[str, Any]]:
        """Explain what was chosen."""
        return self.chosen.explain()


def are_images(shape: tuple[int, ...]) -> bool:
    """Whether items are ``(h, w)``, or ``(h, w, channels)`` with at most four of these."""
    return len(shape) in (2, 3) and min(shape[:2]) >= LEAST_SIDE and max(shape[2:], default=1) <= 4
