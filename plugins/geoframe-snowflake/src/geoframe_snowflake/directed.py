"""Distances that differ by direction: any space, and a height that costs to climb."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor
from torch.nn import functional as F

from geoframe.geometry import Geometry, Promise


class SnowflakeDirected(Geometry):
    """d(x, y) = d_space(x, y) + relu(h(y) - h(x)), with a height h as one more coordinate.

    The way up costs what the way down does not. relu(h(z) - h(x)) <= relu(h(z) - h(y)) +
    relu(h(y) - h(x)), so the relaxed triangle inequality of the space is kept; what is lost is
    symmetry, and identity, since going down in one place costs nothing.

    Parameters
    ----------
    space
        A space with distances >= 0.

    Raises
    ------
    ValueError
        If the space has negative distances.
    """

    def __init__(self, space: Geometry) -> None:
        if not space.promise.nonnegative:
            raise ValueError(f"space: {type(space).__name__} has negative distances")
        super().__init__(space.dim + 1)
        self.space = space

    @property
    def point_dim(self) -> int:
        """Coordinates of a point of the space, and its height."""
        return self.space.point_dim + 1

    @property
    def promise(self) -> Promise:
        """That of the space, without symmetry and identity."""
        return attrs.evolve(self.space.promise, symmetric=False, identity=False)

    def project(self, raw: Tensor) -> Tensor:
        """Raw coordinates ``(..., dim)``, the last for the height -> ``(..., point_dim)``."""
        return torch.cat([self.space.project(raw[..., :-1]), raw[..., -1:]], dim=-1)

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Distance from x to y, broadcast -> ``(...)``."""
        return self.space.distance(x[..., :-1], y[..., :-1]) + F.relu(y[..., -1] - x[..., -1])
