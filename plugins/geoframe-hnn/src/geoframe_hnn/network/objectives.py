"""What networks are trained for: tree distances, or constructed points."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from geoframe import Objective
from geoframe_data.graph import Floats
from geoframe_data.tree import Tree
from geoframe_embedding.embedding import EmbeddedItems
from geoframe_hnn.network.polar_embedder import PolarEmbedder

MATRIX = 2048
"""Nodes up to which all tree distances are kept as a matrix (16 MiB)."""


class TreeTargets(nn.Module):
    """Tree distances of pairs of nodes, times a unit.

    Parameters
    ----------
    tree
        The tree.
    unit
        Length that an edge of length 1 shall have.
    """

    matrix: Tensor | None

    def __init__(self, tree: Tree, unit: float) -> None:
        super().__init__()
        self.tree = tree
        self.unit = unit
        matrix = None
        if len(tree) <= MATRIX:
            nodes = np.arange(len(tree))
            matrix = torch.from_numpy(tree.distance(nodes[:, None], nodes)).float()
        self.register_buffer("matrix", matrix, persistent=False)

    def forward(self, u: Tensor, v: Tensor) -> Tensor:
        """Nodes ``(p,)`` and ``(p,)`` -> distances ``(p,)``."""
        if self.matrix is not None:
            return self.unit * self.matrix[u, v]
        exact = self.tree.distance(u.cpu().numpy(), v.cpu().numpy())
        return self.unit * torch.from_numpy(exact).float().to(u.device)


class DistilObjective(Objective):
    """Log radius and direction of a network's points against constructed ones.

    Parameters
    ----------
    embedding
        The model; its embedder gives log radius and direction.
    tangent
        Constructed points as tangent vectors at the origin ``(n, d)``.
    """

    log_radius: Tensor
    direction: Tensor
    away: Tensor

    def __init__(self, embedding: EmbeddedItems, tangent: Floats) -> None:
        super().__init__()
        self.embedding = embedding
        radius = np.linalg.norm(tangent, axis=1)
        positive = radius > 0
        # The root's radius is 0; half of the least other one is near enough.
        floor = 0.5 * radius[positive].min() if positive.any() else 1.0
        unit = tangent / np.where(positive, radius, 1.0)[:, None]
        log_radius = np.log(np.maximum(radius, floor))
        self.register_buffer("log_radius", torch.from_numpy(log_radius).float(), persistent=False)
        self.register_buffer("direction", torch.from_numpy(unit).float(), persistent=False)
        self.register_buffer("away", torch.from_numpy(positive).float(), persistent=False)

    def __len__(self) -> int:
        return len(self.log_radius)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Nodes ``(b,)`` -> ``loss``."""
        embedder = self.embedding.embedder
        assert isinstance(embedder, PolarEmbedder)
        log_radius, direction = embedder.polar(self.embedding.inputs[items])
        radial = (log_radius - self.log_radius[items]).square()
        apart = (direction - self.direction[items]).square().sum(-1)
        return {"loss": (radial + apart * self.away[items]).mean()}
