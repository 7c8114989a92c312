"""Free points on a manifold, moved by geoopt."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim import Optimizer

from geoframe import ConfigError, Geometry
from geoframe.capabilities import GeooptManifold, capability
from geoframe_embedding.embedding import Points


class FreePoints(Points):
    """One free point per item, a parameter on the geometry's manifold in geoopt, float64.

    Parameters
    ----------
    geometry
        A geometry with the capability ``GeooptManifold``.
    count
        Number of items.

    Raises
    ------
    ConfigError
        If the geometry is not on a manifold of geoopt.
    """

    def __init__(self, geometry: Geometry, count: int) -> None:
        super().__init__()
        found = capability(geometry, GeooptManifold)
        if found is None:
            raise ConfigError(
                [
                    "geometry: free points need a space that geoopt has too, such as hyperboloid "
                    f"or poincare, not {type(geometry).__name__}"
                ]
            )
        import geoopt  # compiles helpers on import: about a second

        self.geometry = geometry
        start = geometry.project(0.1 * torch.randn(count, geometry.dim, dtype=torch.float64))
        self.rows = geoopt.ManifoldParameter(start.detach(), manifold=found.manifold)

    def __len__(self) -> int:
        """Number of items."""
        return len(self.rows)

    def forward(self, items: Tensor | None = None) -> Tensor:
        """Points ``(m, point_dim)`` of the given items ``(m,)``, or of all."""
        rows: Tensor = self.rows
        return rows if items is None else rows[items]

    def optimizer(self, learning_rate: float, weight_decay: float) -> Optimizer:
        """geoopt's RiemannianAdam."""
        import geoopt

        optimizer: Optimizer = geoopt.optim.RiemannianAdam(
            self.parameters(), lr=learning_rate, weight_decay=weight_decay, stabilize=10
        )
        return optimizer
