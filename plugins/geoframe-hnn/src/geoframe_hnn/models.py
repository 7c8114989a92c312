"""Trained models: modules that give the points of a tree's nodes in a geometry."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from geoframe import Embedder, Geometry
from geoframe.errors import ConfigError


class EmbeddedNodes(nn.Module):
    """Points that an embedder and a geometry make of the nodes' inputs.

    Parameters
    ----------
    embedder
        Inputs to raw coordinates.
    geometry
        The space.
    inputs
        Input of every node: features ``(n, f)`` or identifiers ``(n,)``.
    """

    inputs: Tensor

    def __init__(self, embedder: Embedder, geometry: Geometry, inputs: Tensor) -> None:
        super().__init__()
        self.embedder = embedder
        self.geometry = geometry
        self.register_buffer("inputs", inputs, persistent=False)

    def forward(self, nodes: Tensor | None = None) -> Tensor:
        """Points ``(m, point_dim)`` of the given nodes ``(m,)``, or of all."""
        return self.points(self.inputs if nodes is None else self.inputs[nodes])

    def points(self, inputs: Tensor) -> Tensor:
        """Points of any inputs, those of new nodes too."""
        return self.geometry.project(self.embedder(inputs))


class PolarNodes(EmbeddedNodes):
    """Points by log radius and direction: the embedder gives ``dim + 1`` numbers.

    Radii of a deep tree span orders of magnitude, and what matters of a direction is its
    precision, so both are learned apart from each other.
    """

    def points(self, inputs: Tensor) -> Tensor:
        """Points of any inputs, those of new nodes too."""
        log_radius, direction = self.polar(inputs)
        return self.geometry.project(log_radius.exp().unsqueeze(-1) * direction)

    def polar(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Log radius ``(m,)`` and unit direction ``(m, dim)``."""
        raw = self.embedder(inputs)
        return raw[:, 0].clamp(max=20.0), nn.functional.normalize(raw[:, 1:], dim=-1)


class FreePoints(nn.Module):
    """One free point per node, a parameter on geoopt's manifold of the geometry, float64.

    Parameters
    ----------
    geometry
        A geometry with a geoopt ``manifold`` (hyperboloid, poincare, euclidean, ...).
    count
        Number of nodes.

    Raises
    ------
    ConfigError
        If the geometry has no manifold.
    """

    def __init__(self, geometry: Geometry, count: int) -> None:
        super().__init__()
        manifold = getattr(geometry, "manifold", None)
        if manifold is None:
            raise ConfigError(
                [
                    "hnn.optimizer: 'riemannian' needs a geometry with a geoopt manifold, such as "
                    f"hyperboloid or poincare, not {type(geometry).__name__}"
                ]
            )
        import geoopt  # compiles helpers on import: about a second

        self.geometry = geometry
        start = geometry.project(0.1 * torch.randn(count, geometry.dim, dtype=torch.float64))
        self.rows = geoopt.ManifoldParameter(start.detach(), manifold=manifold)

    def forward(self, nodes: Tensor | None = None) -> Tensor:
        """Points ``(m, point_dim)`` of the given nodes ``(m,)``, or of all."""
        rows: Tensor = self.rows
        return rows if nodes is None else rows[nodes]


Model = EmbeddedNodes | FreePoints


def build_model(
    build_embedder: Callable[..., Embedder],
    geometry: Geometry,
    inputs: Tensor,
    *,
    polar: bool = False,
) -> EmbeddedNodes:
    """Build an embedder for a geometry around the nodes' inputs ``(n, f)``.

    An embedder that is not inductive (a table) gets node numbers instead.

    Parameters
    ----------
    build_embedder
        Takes ``in_features`` and ``out_features``.
    polar
        Whether the embedder gives log radius and direction.
    """
    out = geometry.dim + 1 if polar else geometry.dim
    embedder = build_embedder(in_features=inputs.shape[1], out_features=out)
    if not embedder.inductive:
        count = len(inputs)
        embedder = build_embedder(in_features=count, out_features=out)
        inputs = torch.arange(count)
    return (PolarNodes if polar else EmbeddedNodes)(embedder, geometry, inputs)
