"""The model: items as points of a geometry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from geoframe import Embedder, Geometry
from geoframe_embedding.old_names import rename

BLOCK_BYTES = 32 * 2**20
"""Bytes of the points of pairs whose distances are computed at a time."""

OLD_NAMES = {"spacetime.": "geometry.", "ranks": "closed_form"}
"""Names of parts in runs of 0.1 -> their names today."""


class Points(nn.Module, ABC):
    """One point of a geometry for each of ``n`` items, and the unit of length of the data."""

    geometry: Geometry
    """The space."""
    scale: Tensor
    """What a distance of 1 in the geometry is in the unit of the data."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.ones(()))

    @abstractmethod
    def __len__(self) -> int:
        """Number of items."""

    @abstractmethod
    def forward(self, items: Tensor | None = None) -> Tensor:
        """Points ``(m, point_dim)`` of the given items ``(m,)``, or of all."""

    def encoded(self, pairs: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Points of the items of some pairs ``(p, 2)``, each item encoded once.

        Returns
        -------
        tuple
            Points ``(m, point_dim)``, the pairs as positions among them ``(p, 2)``, and the
            items that they are of ``(m,)``, None for all.
        """
        if 2 * len(pairs) >= len(self):
            return self(), pairs, None
        items, ends = torch.unique(pairs, return_inverse=True)
        return self(items), ends, items

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Distance of points in the unit of the data."""
        return self.scale * self.geometry.distance(x, y)

    @torch.no_grad()
    def distances(self, pairs: Tensor, points: Tensor | None = None) -> Tensor:
        """Distances of item pairs ``(p, 2)`` -> ``(p,)``, a block at a time, without gradient."""
        points = self() if points is None else points
        size = max(1, BLOCK_BYTES // (points.shape[1] * points.element_size()))
        blocks = [
            self.distance(points[block[:, 0]], points[block[:, 1]])
            for block in torch.split(pairs, size)
        ]
        return torch.cat(blocks) if blocks else points.new_zeros(0)

    @torch.no_grad()
    def calibrate(self, pairs: Tensor, targets: Tensor) -> None:
        """Set the unit of length so that the median distance of pairs is their median target.

        Does nothing for a geometry whose distances may be negative.

        Parameters
        ----------
        pairs
            ``(p, 2)``.
        targets
            Distances ``(p,)`` in the unit of the data.
        """
        if not self.geometry.promise.nonnegative:
            return
        self.scale.fill_(1.0)
        median = self.distances(pairs).median()
        if median > 0:
            self.scale.copy_(targets.median() / median)

    def optimizer(self, learning_rate: float, weight_decay: float) -> Optimizer | None:
        """Return the optimizer that the points need, or None if any will do."""
        return None


class EmbeddedItems(Points):
    """Points that an embedder and a geometry make of the items' inputs.

    Parameters
    ----------
    embedder
        Maps an item's input to raw coordinates.
    geometry
        The space.
    inputs
        Input of every item: features ``(n, f)`` or identifiers ``(n,)``.
    closed_form
        Raw coordinates ``(n, t)`` that need no training (ranks in time, say), appended to what
        the embedder gives; None if it gives all.
    """

    inputs: Tensor
    closed_form: Tensor | None

    def __init__(
        self,
        embedder: Embedder,
        geometry: Geometry,
        inputs: Tensor,
        closed_form: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.embedder = embedder
        self.geometry = geometry
        self.register_buffer("inputs", inputs, persistent=False)
        self.register_buffer("closed_form", closed_form)

    def __len__(self) -> int:
        """Number of items."""
        return len(self.inputs)

    def forward(self, items: Tensor | None = None) -> Tensor:
        """Points ``(m, point_dim)`` of the given items ``(m,)``, or of all."""
        return self.geometry.project(self.raw(items))

    def raw(self, items: Tensor | None = None) -> Tensor:
        """Raw coordinates ``(m, dim)`` of the given items ``(m,)``, or of all."""
        raw: Tensor = self.embedder(self.inputs if items is None else self.inputs[items])
        if self.closed_form is None:
            return raw
        further = self.closed_form if items is None else self.closed_form[items]
        return torch.cat([raw, further], dim=-1)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *arguments: Any
    ) -> None:
        rename(state_dict, prefix, OLD_NAMES)
        super()._load_from_state_dict(state_dict, prefix, *arguments)
