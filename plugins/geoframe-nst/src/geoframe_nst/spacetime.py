"""Spacetime: a space to measure distances in, and time coordinates that order its points."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from geoframe.geometry import DEFAULT_MEMORY_BUDGET, Geometry, Promise


class NeuralSpacetime(Geometry):
    """Product of a space, which gives the distance, and a time part, which gives the order.

    A point is a point of the space followed by T time coordinates (Neural Spacetimes, ICLR 2025).
    x precedes y iff tau(x_t) <= tau(y_t) in each of the T coordinates: the product order, which
    is reflexive and transitive, and antisymmetric up to equal time coordinates. Two points are
    incomparable if the coordinates disagree, which takes T > 1.

    Parameters
    ----------
    space
        Any geometry.
    order
        Increasing map tau of time coordinates ``(..., T) -> (..., T)``: a
        :class:`~geoframe_nst.order.neural_order.NeuralOrder`, or ``nn.Identity()`` for coordinates
        that are order coordinates already, such as those of a realizer.
    time_dim
        Number T of time coordinates.
    directed
        Whether going against time costs extra: the distance becomes the directed cost
        d(x, y) + relu(P(x) - P(y)), where the potential P is a trained combination of the order
        coordinates with positive coefficients. As relu(P(x) - P(z)) <= relu(P(x) - P(y)) +
        relu(P(y) - P(z)), the relaxed triangle inequality of the space is kept.
    """

    def __init__(
        self, space: Geometry, order: nn.Module, *, time_dim: int, directed: bool = False
    ) -> None:
        if time_dim < 1:
            raise ValueError(f"time_dim must be at least 1, got {time_dim}")
        super().__init__(space.dim + time_dim)
        self.space = space
        self.order = order
        self.time_dim = time_dim
        self.potential = nn.Parameter(torch.zeros(time_dim)) if directed else None

    @property
    def point_dim(self) -> int:
        """Coordinates of a point of the space, and T."""
        return self.space.point_dim + self.time_dim

    @property
    def promise(self) -> Promise:
        """That of the space, except that events at one place have distance 0."""
        promise = attrs.evolve(self.space.promise, identity=False)
        return promise if self.potential is None else attrs.evolve(promise, symmetric=False)

    def project(self, raw: Tensor) -> Tensor:
        """Raw coordinates ``(..., dim)``, the last T for time -> ``(..., point_dim)``."""
        space, times = torch.split(raw, [self.space.dim, self.time_dim], dim=-1)
        return torch.cat([self.space.project(space), times], dim=-1)

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Distance of the space parts (and the cost of going against time, if ``directed``)."""
        distance = self.space.distance(self.place(x), self.place(y))
        return distance if self.potential is None else distance + self._against_time(x, y)

    def pairwise(
        self, x: Tensor, y: Tensor, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> Tensor:
        """All distances ``(n, m)``, blockwise as the space does it."""
        if self.potential is not None:
            return super().pairwise(x, y, memory_budget=memory_budget)
        return self.space.pairwise(self.place(x), self.place(y), memory_budget=memory_budget)

    def place(self, points: Tensor) -> Tensor:
        """Space part ``(..., space.point_dim)`` of points ``(..., point_dim)``."""
        return points[..., : self.space.point_dim]

    def times(self, points: Tensor) -> Tensor:
        """Order coordinates tau ``(..., T)`` of points ``(..., point_dim)``."""
        times: Tensor = self.order(points[..., self.space.point_dim :])
        return times

    def order_gap(self, x: Tensor, y: Tensor) -> Tensor:
        """Gaps tau(x) - tau(y) ``(..., T)``, broadcast; x precedes y iff none is positive."""
        return self.times(x) - self.times(y)

    def precedes(self, x: Tensor, y: Tensor) -> Tensor:
        """Whether x precedes y, boolean ``(...)``."""
        return (self.order_gap(x, y) <= 0).all(dim=-1)

    def _against_time(self, x: Tensor, y: Tensor) -> Tensor:
        assert self.potential is not None
        return F.relu(self.order_gap(x, y) @ F.softplus(self.potential))


class Spacetime(NeuralSpacetime):
    """A spacetime whose time coordinates are the order itself: the geometry ``spacetime``.

    Parameters
    ----------
    space, time_dim, directed
        As in :class:`NeuralSpacetime`.
    """

    def __init__(self, space: Geometry, *, time_dim: int = 2, directed: bool = False) -> None:
        super().__init__(space, nn.Identity(), time_dim=time_dim, directed=directed)
