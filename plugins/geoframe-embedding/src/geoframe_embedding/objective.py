"""What is minimised: distances of pairs of items against the wanted ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.optim import Optimizer

from geoframe import Objective
from geoframe_embedding.discrepancy import Loss, discrepancy
from geoframe_embedding.embedding import Points
from geoframe_embedding.old_names import rename

Wanted = Callable[[Tensor, Tensor], Tensor]
"""Wanted distances of items ``(p,)`` and ``(p,)`` -> ``(p,)``."""


class PairObjective(Objective):
    """Loss over given pairs; a batch holds pairs, and each of their items is encoded once.

    Pairs are ordered, so a geometry whose distances are not symmetric can be given both orders
    of a pair with a target each. What else a method wants of a batch it adds by overriding
    :meth:`further_pairs` and :meth:`terms`.

    Parameters
    ----------
    embedding
        The model.
    pairs
        ``(p, 2)`` item indices.
    targets
        ``(p,)`` given distances, positive for the losses that compare ratios.
    loss
        See :func:`~geoframe_embedding.discrepancy.discrepancy`.
    """

    part: ClassVar[str | None] = None
    """Name under which the loss of the distances is logged; None logs it beside others only."""
    pairs: Tensor
    targets: Tensor

    def __init__(self, embedding: Points, pairs: Tensor, targets: Tensor, loss: Loss) -> None:
        super().__init__()
        self.embedding = embedding
        self.loss = loss
        self.register_buffer("pairs", pairs, persistent=False)
        self.register_buffer("targets", targets, persistent=False)

    def __len__(self) -> int:
        return len(self.pairs)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Pair indices ``(b,)`` -> scalar ``loss``, and its parts if there are several."""
        pairs, targets = self.pairs[items], self.targets[items]
        further = self.further_pairs(len(items))
        every = pairs if further is None else torch.cat([pairs, further.to(pairs.device)])
        points, ends, encoded = self.embedding.encoded(every)
        # index_select, unlike indexing, has a fast gradient for repeated rows.
        x = points.index_select(0, ends[: len(pairs), 0])
        y = points.index_select(0, ends[: len(pairs), 1])
        error = discrepancy(self.embedding.distance(x, y), targets, self.loss)
        terms = self.terms(x, y, points, ends[len(pairs) :], encoded)
        if not terms and self.part is None:
            return {"loss": error}
        parts = {self.part or "distance": error, **terms}
        return {"loss": torch.stack(list(parts.values())).sum(), **parts}

    def further_pairs(self, count: int) -> Tensor | None:
        """Pairs ``(q, 2)`` without a target to encode with a batch of ``count`` pairs, or None."""
        return None

    def terms(
        self, x: Tensor, y: Tensor, points: Tensor, further: Tensor, items: Tensor | None
    ) -> Mapping[str, Tensor]:
        """Scalars to add to the loss, by name.

        Parameters
        ----------
        x, y
            Points of the pairs' ends ``(b, point_dim)``.
        points
            Points of all items that were encoded ``(m, point_dim)``.
        further
            :meth:`further_pairs` as positions among ``points`` ``(q, 2)``.
        items
            Which items these are ``(m,)``; None for all.
        """
        return {}

    def optimizer(self, learning_rate: float, weight_decay: float) -> Optimizer | None:
        """The one that the points need; else the trainer's own."""
        return self.embedding.optimizer(learning_rate, weight_decay)


class PartnerObjective(Objective):
    """Loss over random pairs; a batch holds items, each with its share of random partners.

    Parameters
    ----------
    embedding
        The model.
    wanted
        Gives the targets of pairs, in the unit of the data.
    loss
        See :func:`~geoframe_embedding.discrepancy.discrepancy`.
    partners
        Random partners of each item of a batch.
    """

    def __init__(self, embedding: Points, wanted: Wanted, loss: Loss, *, partners: int) -> None:
        super().__init__()
        self.embedding = embedding
        self.wanted = wanted
        self.loss = loss
        self.partners = partners

    def __len__(self) -> int:
        return len(self.embedding)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *arguments: Any
    ) -> None:
        rename(state_dict, prefix, {"model.": "embedding."})
        super()._load_from_state_dict(state_dict, prefix, *arguments)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Items ``(b,)`` -> scalar ``loss``."""
        n = len(self.embedding)
        u = items.repeat_interleave(self.partners)
        v = (u + torch.randint(1, n, (len(u),)).to(u.device)) % n  # never the item itself
        targets = self.wanted(u, v)
        points, ends, _ = self.embedding.encoded(torch.stack([u, v], dim=1))
        x, y = points.index_select(0, ends[:, 0]), points.index_select(0, ends[:, 1])
        return {"loss": discrepancy(self.embedding.distance(x, y), targets, self.loss)}

    def optimizer(self, learning_rate: float, weight_decay: float) -> Optimizer | None:
        """The one that the points need; else the trainer's own."""
        return self.embedding.optimizer(learning_rate, weight_decay)
