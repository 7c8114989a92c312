"""How new rows see the graphs of a run, with tensors alone.

The same as :class:`geoframe_lgi.branches.propagation.NewRows`, whose sparse matrices cannot be
exported: a new row has as many near rows as any other, so that a product is a gather.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from geoframe_lgi.branches.kinds import ITSELF, Views
from geoframe_lgi.branches.nearest import NearestRows
from geoframe_lgi.branches.propagation import Rows

Near = Mapping[str, Tensor]
"""Graph of near rows -> numbers of the training rows nearest to each new one ``(m, k)``."""


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
    def around(self, old: Tensor, near: Near) -> Tensor:
        """Weighted sums of the training rows' values ``(n, d)`` at new rows ``(m, d)``."""

    def forward(self, old: Tensor, new: Tensor, near: Near) -> Tensor:
        """Value at the new rows of A [old; new] ``(m, d)``."""
        return self.around(old, near) + self.own * new


class NearGraph(NewRowsGraph):
    """The convolution over near rows, D^-1/2 (A + I) D^-1/2; ``name`` is near or refined."""

    root: Tensor

    def __init__(self, name: str, views: Views) -> None:
        self.degree = views.nearest.k + 1
        super().__init__(own=1 / self.degree)
        self.name = name
        diagonal = torch.from_numpy(views.propagation(name).matrix.diagonal())  # 1 / D
        self.register_buffer("root", diagonal.sqrt().unsqueeze(1))

    def around(self, old: Tensor, near: Near) -> Tensor:
        """Sum over the near rows."""
        total: Tensor = (self.root * old)[near[self.name]].sum(dim=1)
        return total / math.sqrt(self.degree)


class GivenGraph(NewRowsGraph):
    """A graph that was given for others: a new row has no neighbour in it."""

    def around(self, old: Tensor, near: Near) -> Tensor:
        """Nothing."""
        return old.new_zeros(near["near"].shape[0], old.shape[1])


def graph_of(name: str, views: Views) -> NewRowsGraph:
    """Make ``near``, ``refined``, ``given``, a mean over given edges, or no graph."""
    if name in ("near", "refined"):
        return NearGraph(name, views)
    return GivenGraph(own=float(name in ("given", ITSELF)))


class NearRows(nn.Module):
    """Numbers of the training rows nearest to new rows: features ``(m, f)`` -> ``(m, k)``.

    Parameters
    ----------
    nearest
        Of the training rows.
    axes
        Linear map ``(f, d)`` of features before they are compared, if any.
    """

    stored: Tensor
    weights: Tensor
    axes: Tensor | None

    def __init__(self, nearest: NearestRows, axes: Rows | None = None) -> None:
        super().__init__()
        self.register_buffer("axes", None if axes is None else torch.tensor(axes))
        self.k = nearest.k
        self.words = nearest.words
        self.register_buffer("stored", torch.tensor(nearest.stored))
        self.register_buffer("weights", torch.tensor(nearest.weights))

    def forward(self, features: Tensor) -> Tensor:
        """Compare with all training rows."""
        keyed = features if self.axes is None else features @ self.axes
        if self.words:
            weighted = (features > 0) * self.weights
            keyed = weighted / weighted.norm(dim=1, keepdim=True).clamp_min(1e-12)
        apart = self.stored.square().sum(dim=1) - 2 * keyed @ self.stored.T
        return apart.topk(self.k, dim=1, largest=False).indices
