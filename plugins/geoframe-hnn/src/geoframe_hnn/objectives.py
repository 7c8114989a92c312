"""What networks are trained for: tree distances, or constructed points."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from geoframe import Objective
from geoframe_data.tree import Tree
from geoframe_hnn.models import FreePoints, Model, PolarNodes
from geoframe_hnn.polar import Floats

MATRIX = 2048
"""Nodes up to which all tree distances are kept as a matrix (16 MiB)."""


class PairObjective(Objective):
    """Distances of random pairs of nodes against their tree distances.

    Parameters
    ----------
    model
        Gives the points.
    tree
        The tree.
    unit
        Length that an edge of length 1 shall have.
    relative
        Whether the error is (d/w - 1)^2, or (d - w)^2 over the mean of w^2.
    partners
        Random partners of each node of a batch.
    """

    targets: Tensor | None

    def __init__(
        self, model: Model, tree: Tree, *, unit: float, relative: bool, partners: int
    ) -> None:
        super().__init__()
        self.model = model
        self.tree = tree
        self.unit = unit
        self.relative = relative
        self.partners = partners
        matrix = None
        if len(tree) <= MATRIX:
            nodes = np.arange(len(tree))
            matrix = torch.from_numpy(tree.distance(nodes[:, None], nodes)).float()
        self.register_buffer("targets", matrix, persistent=False)

    def __len__(self) -> int:
        return len(self.tree)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Nodes ``(b,)``, each with random partners -> ``loss``."""
        n = len(self.tree)
        u = items.repeat_interleave(self.partners)
        v = (u + torch.randint(1, n, (len(u),)).to(u.device)) % n  # never the node itself
        wanted = self._wanted(u, v)
        if 2 * len(u) >= n:
            points = self.model()
        else:  # encode only the nodes that occur
            used, ends = torch.unique(torch.stack([u, v]), return_inverse=True)
            points = self.model(used)
            u, v = ends
        # index_select, unlike indexing, has a fast gradient for repeated rows.
        x, y = points.index_select(0, u), points.index_select(0, v)
        found = self.model.geometry.distance(x, y)
        if self.relative:
            return {"loss": (found / wanted - 1.0).square().mean()}
        return {"loss": (found - wanted).square().mean() / wanted.square().mean()}

    def _wanted(self, u: Tensor, v: Tensor) -> Tensor:
        if self.targets is not None:
            return self.unit * self.targets[u, v]
        exact = self.tree.distance(u.cpu().numpy(), v.cpu().numpy())
        return self.unit * torch.from_numpy(exact).float().to(u.device)

    def optimizer(self, learning_rate: float, weight_decay: float) -> Optimizer | None:
        """geoopt's RiemannianAdam for free points; else the trainer's own."""
        if not isinstance(self.model, FreePoints):
            return None
        import geoopt

        optimizer: Optimizer = geoopt.optim.RiemannianAdam(
            self.parameters(), lr=learning_rate, weight_decay=weight_decay, stabilize=10
        )
        return optimizer


class DistilObjective(Objective):
    """Log radius and direction of a network's points against constructed ones.

    Parameters
    ----------
    network
        Gives the points.
    tangent
        Constructed points as tangent vectors at the origin ``(n, d)``.
    """

    log_radius: Tensor
    direction: Tensor
    away: Tensor

    def __init__(self, network: PolarNodes, tangent: Floats) -> None:
        super().__init__()
        self.network = network
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
        log_radius, direction = self.network.polar(self.network.inputs[items])
        radial = (log_radius - self.log_radius[items]).square()
        apart = (direction - self.direction[items]).square().sum(-1)
        return {"loss": (radial + apart * self.away[items]).mean()}
