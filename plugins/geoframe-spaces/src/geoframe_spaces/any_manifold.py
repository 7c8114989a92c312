"""Any manifold of geoopt by its name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import geoopt
import torch
from torch import Tensor

from geoframe.errors import ConfigError, did_you_mean
from geoframe.geometry import Geometry


class GeooptGeometry(Geometry):
    """Points of a manifold of geoopt, with its distance.

    Raw coordinates are mapped by the exponential map at the origin where geoopt has one (models of
    constant curvature, matrices), else by projection from the ambient space. How accurate distances
    and their gradients are, at coincident and at far points above all, is up to geoopt: where this
    package has the same space under a name of its own (``hyperboloid``, ``poincare``, ``sphere``,
    ``stereographic``), that one keeps more digits.

    Parameters
    ----------
    dim
        Number of coordinates of a point as geoopt stores it; a square number for a manifold of
        matrices, which are kept row after row.
    manifold
        Name of the class in geoopt, ``"Lorentz"`` say.
    options
        Keyword arguments of that class.

    Raises
    ------
    ConfigError
        If geoopt has no such manifold, or it cannot be built, has no distance or no points of
        that many coordinates.
    """

    def __init__(
        self, dim: int = 2, *, manifold: str = "Euclidean", options: Mapping[str, Any] = {}
    ) -> None:
        super().__init__(dim)
        self.manifold = _built(manifold, options)
        side = math.isqrt(dim)
        if self.manifold.ndim == 2 and side * side != dim:
            raise ConfigError([f"dim: points of '{manifold}' are n x n; {dim} is no square number"])
        self._shape = (side, side) if self.manifold.ndim == 2 else (dim,)
        try:
            points = self.project(torch.zeros(1, dim))
            self.distance(points, points)
        except (NotImplementedError, RuntimeError) as error:
            reason = str(error) or "geoopt has no distance for it"
            raise ConfigError([f"manifold: '{manifold}' cannot be used: {reason}"]) from None

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Geodesic distance, as geoopt has it."""
        distance: Tensor = self.manifold.dist(self._points(x), self._points(y))
        if self.manifold.ndim == 0:  # geoopt's flat spaces give a distance for each coordinate
            distance = torch.linalg.vector_norm(distance, dim=-1)
        return distance

    def project(self, raw: Tensor) -> Tensor:
        """Exponential map at the origin if there is one, else projection from the ambient space."""
        coordinates = self._points(raw)
        if hasattr(self.manifold, "expmap0") or self.manifold.ndim == 2:
            origin = self.manifold.origin(*coordinates.shape, dtype=raw.dtype, device=raw.device)
            coordinates = self.manifold.expmap(origin, self.manifold.proju(origin, coordinates))
        points: Tensor = self.manifold.projx(coordinates)
        return points.flatten(-2) if self.manifold.ndim == 2 else points

    def _points(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, self._shape) if self.manifold.ndim == 2 else x

    def extra_repr(self) -> str:
        """Show dimension and manifold in ``repr``."""
        return f"{super().extra_repr()}, manifold={self.manifold.name}"


def _built(name: str, options: Mapping[str, Any]) -> Any:
    names = [
        each
        for each, value in vars(geoopt.manifolds).items()
        if isinstance(value, type) and issubclass(value, geoopt.Manifold)
    ]
    if name not in names:
        hint = did_you_mean(name, names)
        raise ConfigError([f"manifold: geoopt has no '{name}'{hint}; it has {', '.join(names)}"])
    try:
        return getattr(geoopt.manifolds, name)(**options)
    except Exception as error:  # whatever a constructor of geoopt makes of foreign options
        raise ConfigError([f"options: '{name}' cannot be built: {error}"]) from None
