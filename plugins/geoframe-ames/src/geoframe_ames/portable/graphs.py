"""How new rows see the graphs of a run, with tensors alone.

The same as :class:`geoframe_lgi.branches.propagation.NewRows`, whose sparse matrices cannot be
exported: a new row has as many near rows as any other, so that a product is a gather.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from geoframe_lgi.branches.kinds import ITSELF, Views
from geoframe_lgi.branches.nearest import NearestRows


class NewRowsGraph(nn.Module, ABC):
    """A graph over training rows as new rows see it.

    Parameters
    ----------
    own
        Weight of a new row itself.
    """

    def __init__(self, own: float) -> None:
        super().__init__()
        self.own = own

    @abstractmethod
    def around(self, old: Tensor, near: Tensor) -> Tensor:
        """Weighted sums of the training rows' values ``(n, d)`` at new rows ``(m, d)``.

        ``near`` are the numbers of the training rows nearest to each new one ``(m, k)``.
        """

    def forward(self, old: Tensor, new: Tensor, near: Tensor) -> Tensor:
        """Value at the new rows of A [old; new] ``(m, d)``."""
        return self.around(old, near) + self.own * new


class NearGraph(NewRowsGraph):
    """The convolution over near rows, D^-1/2 (A + I) D^-1/2."""

    root: Tensor

    def __init__(self, views: Views) -> None:
        self.degree = views.nearest.k + 1
        super().__init__(own=1 / self.degree)
        diagonal = torch.from_numpy(views.propagation("near").matrix.diagonal())  # 1 / D
        self.register_buffer("root", diagonal.sqrt().unsqueeze(1))

    def around(self, old: Tensor, near: Tensor) -> Tensor:
        """Sum over the near rows."""
        total: Tensor = (self.root * old)[near].sum(dim=1)
        return total / math.sqrt(self.degree)


class GivenGraph(NewRowsGraph):
    """A graph that was given for others: a new row has no neighbour in it."""

    def around(self, old: Tensor, near: Tensor) -> Tensor:
        """Nothing."""
        return old.new_zeros(near.shape[0], old.shape[1])


def graph_of(name: str, views: Views) -> NewRowsGraph:
    """Make ``near``, ``given``, a mean over given edges without the row itself, or no graph."""
    if name == "near":
        return NearGraph(views)
    return GivenGraph(own=float(name in ("given", ITSELF)))


class NearRows(nn.Module):
    """Numbers of the training rows nearest to new rows: features ``(m, f)`` -> ``(m, k)``."""

    stored: Tensor
    weights: Tensor

    def __init__(self, nearest: NearestRows) -> None:
        super().__init__()
        self.k = nearest.k
        self.words = nearest.words
        self.register_buffer("stored", torch.tensor(nearest.stored))
        self.register_buffer("weights", torch.tensor(nearest.weights))

    def forward(self, features: Tensor) -> Tensor:
        """Compare with all training rows."""
        keyed = features
        if self.words:
            weighted = (features > 0) * self.weights
            keyed = weighted / weighted.norm(dim=1, keepdim=True).clamp_min(1e-12)
        apart = self.stored.square().sum(dim=1) - 2 * keyed @ self.stored.T
        return apart.topk(self.k, dim=1, largest=False).indices
