"""How like held-out items samples are, measured the same way for every sampler."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from geoframe_cfdm.convolutions import RandomConvolutions
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.metrics import duplicate_rate, kernel_distance, two_sample_auc
from geoframe_cfdm.recombination.auto import are_images
from geoframe_cfdm.recombination.neighbors import neighbors_of
from geoframe_cfdm.recombination.rows import RowEncoder, checked_levels
from geoframe_cfdm.sampling.distances import COPY, nearest_points
from geoframe_cfdm.sampling.standardize import fit_standardizer

PATCHES = 4
"""Patches along each side of an image."""
PATCH_QUANTILE = 0.05
MOST_PATCHED = 2000
"""Training images whose patches are looked at."""


class Likeness:
    """Measures of samples against training items and items that were held out.

    A duplicate is nearer to a training item than 99 % of these are to another. Images are judged
    by fixed random convolutions, rows by boosted trees, anything else by its values.

    Parameters
    ----------
    train, held_out
        Items ``(n, *item_shape)`` and ``(m, *item_shape)``.
    levels
        Number of categories of each column of rows, in which nan is a gap then.
    target
        Column that models trained on the samples have to predict on held-out rows.
    """

    def __init__(
        self,
        train: Tensor,
        held_out: Tensor,
        *,
        levels: Tensor | None = None,
        target: int | None = None,
    ) -> None:
        self.train, self.held_out, self.target = train, held_out, target
        self.rows = train.ndim == 2
        self.levels = checked_levels(train, levels) if self.rows else None
        flat = train.flatten(1)
        self._encode: Callable[[Tensor], Tensor] = torch.nn.Flatten()
        if self.levels is not None:
            self._encode = RowEncoder.of(flat, self.levels)
        encoded = self._encode(train)
        self.points = Points(encoded, fit_standardizer(encoded, "none" if self.rows else "scale"))
        self.neighbors = neighbors_of(self.points, 1)
        self.images = are_images(tuple(train.shape[1:]))
        self._features = RandomConvolutions(train) if self.images else self._located
        self._real = self._features(held_out)

    def measure(self, items: Tensor) -> dict[str, float]:
        """Measure samples ``(n, *item_shape)``.

        Returns
        -------
        dict
            ``two_sample_auc`` and its ``two_sample_gap`` to 0.5, ``kernel_distance``, ``dup_rate``
            and ``dup_rate_held_out``; for images the shares of patches that are nearly those of a
            training image, ``patches_verbatim`` and ``patches_verbatim_held_out``; with a target
            its error, ``train_on_samples_rmse`` or ``_error``.
        """
        ours = self._features(items)
        judged = (items, self.held_out) if self.rows else (ours, self._real)
        auc = two_sample_auc(*judged, trees=self.rows)
        found = {
            "two_sample_auc": auc,
            "two_sample_gap": abs(auc - 0.5),
            "kernel_distance": kernel_distance(ours, self._real),
            "dup_rate": self._duplicates(items),
            "dup_rate_held_out": self._duplicates(self.held_out),
        }
        if self.images:
            found["patches_verbatim"] = self._verbatim(items)
            found["patches_verbatim_held_out"] = self._verbatim(self.held_out)
        if self.target is not None and self.levels is not None:
            name = "error" if int(self.levels[self.target]) else "rmse"
            found[f"train_on_samples_{name}"] = self.trained_on(items)
        return found

    def _located(self, items: Tensor) -> Tensor:
        return self.points.standardizer.forward(self._encode(items))

    def _duplicates(self, items: Tensor) -> float:
        distance = nearest_points(self.points, self._located(items), 1)[0][:, 0]
        return duplicate_rate(distance, self.neighbors.low)

    def _verbatim(self, items: Tensor) -> float:
        """Share of patches nearer to the same place of a training image than 95 % of its own."""
        known = _patches(self.train[:: -(-len(self.train) // MOST_PATCHED)])
        near, total = 0, 0
        for ours, theirs in zip(_patches(items), known, strict=True):
            own = torch.cdist(theirs, theirs).fill_diagonal_(torch.inf).amin(1)
            if not float(own.median()):
                continue  # a place where most images are the same, the background
            low = max(float(own.quantile(PATCH_QUANTILE)), COPY * float(own.median()))
            near += int((torch.cdist(ours, theirs).amin(1) < low).sum())
            total += len(ours)
        return near / max(total, 1)

    def trained_on(self, items: Tensor) -> float:
        """Root mean square error, or share of errors, on held-out rows of trees fitted to items."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        assert self.target is not None
        assert self.levels is not None
        others = torch.arange(items.shape[1]) != self.target
        kinds = self.levels[others] > 0
        options: dict[str, Any] = {"max_iter": 100, "random_state": 0}
        if bool(kinds.any()):
            options["categorical_features"] = kinds.numpy()
        classes = int(self.levels[self.target]) > 0
        kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
        known, wanted = (each[~each[:, self.target].isnan()] for each in (items, self.held_out))
        model = kind(**options).fit(known[:, others].numpy(), known[:, self.target].numpy())
        predicted = torch.from_numpy(model.predict(wanted[:, others].numpy()))
        if classes:
            return float((predicted != wanted[:, self.target]).double().mean())
        return math.sqrt(float((predicted - wanted[:, self.target]).square().mean()))


def _patches(images: Tensor) -> Tensor:
    """Patches by place ``(places, n, values)``; what does not fill one is left out."""
    high, wide = (side // PATCHES for side in images.shape[1:3])
    cut = images[:, : high * PATCHES, : wide * PATCHES].float()
    parts = cut.reshape(len(images), PATCHES, high, PATCHES, wide, -1)
    return parts.permute(1, 3, 0, 2, 4, 5).flatten(3).flatten(0, 1)
