"""Mosaics of near images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn.functional import avg_pool2d, interpolate

from geoframe import DataError
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.recombination.base import MOST_DUPLICATES, Composed, RecombiningSampler
from geoframe_cfdm.recombination.config import NeighborMosaicConfig
from geoframe_cfdm.recombination.fields import GaussianFields
from geoframe_cfdm.recombination.neighbors import balanced_neighbors, neighbors_of
from geoframe_cfdm.sampling.standardize import fit_standardizer

TRIED = (2, 3, 4, 6, 8, 12, 16)
NEAR_ENOUGH = 0.9
"""Median distance to the data that samples must have, as a share of that of held-out items."""
GRID = 28
"""Largest side of the grid that regions are laid out on."""
SEAM_ROUNDS = 3
MOST_GAIN = 2.0


class NeighborMosaic(RecombiningSampler):
    """An image, and its neighbours in regions of it, joined where they agree.

    For an image and its k neighbours (K = k + 1) in a balanced graph, one smooth Gaussian field
    ``f_a`` each; the weight of image a at a place is ``w = softmax_a(f_a / temperature)``, after
    ``u - seams / temperature (e_a - mean e)`` with ``e_a`` how much image a differs there from the
    mixture. A sample is ``sum_a c_a X_a``, c = w with the contrast that means lose given back.
    So it holds at each place nothing but what the images hold there. A method of this project;
    there is no paper.

    Images ``(n, h, w)`` or ``(n, h, w, channels)`` should be roughly registered.
    """

    Config = NeighborMosaicConfig
    options: NeighborMosaicConfig

    @staticmethod
    def example_items() -> Tensor:
        """Small images, for checks of conformance."""
        return torch.rand(48, 8, 8, generator=torch.Generator().manual_seed(0))

    def _learn(self) -> None:
        shape = self.collection.shape
        if len(shape) not in (2, 3) or min(shape[:2]) < 2:
            raise DataError(
                f"neighbor-mosaic takes images (n, h, w) or (n, h, w, channels), not {shape}; "
                "set sampler.name = 'local-copula' for rows, 'closed-form' for anything else"
            )
        flat = self.collection.flat
        self.points = Points(flat, fit_standardizer(flat, "scale"))
        wanted = max(TRIED) if self.options.neighbors == "auto" else self.options.neighbors
        self.neighbors = neighbors_of(self.points, max(6 * wanted, 40))
        side = min(shape[0], GRID), min(shape[1], GRID)
        self._fields = GaussianFields(side, self.options.length)
        self._small = self._on_grid(self._channels(flat), side)
        self._range = float(flat.min()), float(flat.max())
        if self.options.neighbors != "auto":
            self._lists = balanced_neighbors(self.neighbors, self.options.neighbors)
            return
        for k in TRIED:
            self._lists = balanced_neighbors(self.neighbors, k)
            median, duplicates = self._pilot()
            if median >= NEAR_ENOUGH * self.neighbors.median and duplicates <= MOST_DUPLICATES:
                break

    def _compose(self, anchors: Tensor, generators: Sequence[Generator]) -> Composed:
        index = torch.cat([anchors[:, None], self._lists[anchors]], 1)
        weights = self._weights(index, generators)  # (B, K, S, S')
        share = weights.mean((2, 3))
        shape = self.collection.shape
        if weights.shape[2:] != shape[:2]:
            weights = interpolate(weights, shape[:2], mode="bilinear", align_corners=False)
            weights = weights / weights.sum(1, keepdim=True)
        if self.options.contrast:
            even = 1 / weights.shape[1]
            kept = (weights.square().sum(1, keepdim=True) - even) / (1 - even)
            gain = kept.clamp_min(MOST_GAIN**-2).rsqrt()
            weights = even + gain * (weights - even)
        members = self._channels(self.collection.flat[index.reshape(-1)])
        members = members.unflatten(0, index.shape)  # (B, K, C, h, w)
        mixed = torch.einsum("bkhw,bkchw->bhwc", weights, members)
        return Composed(flat=mixed.flatten(1).clamp(*self._range), index=index, share=share)

    def _weights(self, index: Tensor, generators: Sequence[Generator]) -> Tensor:
        """Weight of each member at each place of the grid ``(B, K, S, S')``."""
        start = self._fields.draw(index.shape[1], generators) / self.options.temperature
        weights = torch.softmax(start, 1)
        if self.options.seams == 0 or not len(index):
            return weights
        members = self._small[index]
        members = members - members.mean(1, keepdim=True)  # (B, K, C, S, S')
        unit = members.square().mean((1, 2, 3, 4)).clamp_min(1e-12)[:, None, None, None]
        pull = self.options.seams / self.options.temperature
        box = max(1, round(self.options.length * max(weights.shape[2:]))) // 2 * 2 + 1
        for _ in range(SEAM_ROUNDS):
            mixed = torch.einsum("bkhw,bkchw->bchw", weights, members)
            gap = (mixed[:, None] - members).square().sum(2)
            gap = avg_pool2d(gap, box, 1, box // 2, count_include_pad=False) / unit
            weights = torch.softmax(start - pull * (gap - gap.mean(1, keepdim=True)), 1)
        return weights

    def _channels(self, flat: Tensor) -> Tensor:
        """Images ``(n, C, h, w)`` of flat items, channels last ``(n, D)``."""
        shape = self.collection.shape
        images = flat.float().reshape(len(flat), *shape[:2], *(shape[2:] or (1,)))
        return images.permute(0, 3, 1, 2)

    def _on_grid(self, images: Tensor, side: tuple[int, int]) -> Tensor:
        if images.shape[2:] == side:
            return images.contiguous()
        return interpolate(images, side, mode="area")

    def _located(self, flat: Tensor) -> Tensor:
        return self.points.standardizer.forward(flat)

    def _choices(self) -> dict[str, Any]:
        return {"neighbors": self._lists.shape[1]}
