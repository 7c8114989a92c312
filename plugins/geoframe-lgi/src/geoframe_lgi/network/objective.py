"""Training a network and its graph modules together."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from geoframe import Objective
from geoframe_lgi.latent.continuous import ContinuousGraphModule
from geoframe_lgi.latent.credit import Credit, Reading
from geoframe_lgi.losses import TaskLoss
from geoframe_lgi.network.latent_network import LatentGraphNetwork, Pass
from geoframe_lgi.task import Mask

EVALUATION_SEED = 0
"""Graphs drawn for evaluation are the same each time, so that their measures can be compared."""


class LatentGraphObjective(Objective):
    """Loss of the task + loss of the graphs, over the training rows; all rows are nodes.

    Parameters
    ----------
    network
        What is trained.
    features
        ``(n, f)`` of all rows.
    loss
        Of the task.
    train, held
        Training rows, and rows held out for early stopping (maybe none) ``(n,)``.
    passes
        Graphs drawn for a prediction, whose scores are averaged.
    graph_weight
        Weight of the graph loss; 0 leaves the graphs as they start.
    """

    features: Tensor
    rows: Tensor
    held: Tensor

    def __init__(
        self,
        network: LatentGraphNetwork,
        features: Tensor,
        loss: TaskLoss,
        train: Mask,
        held: Mask,
        *,
        passes: int = 10,
        graph_weight: float = 1.0,
        decay: float = 0.95,
        reading: Reading = "log",
    ) -> None:
        super().__init__()
        self.network = network
        self.loss = loss
        self.passes = passes
        self.graph_weight = graph_weight
        self.register_buffer("features", features, persistent=False)
        rows = torch.from_numpy(train).nonzero().squeeze(1)
        self.register_buffer("rows", rows, persistent=False)
        held_rows = torch.from_numpy(held).nonzero().squeeze(1)
        self.register_buffer("held", held_rows, persistent=False)
        self.credit = Credit(len(features), decay=decay, reading=reading)
        if not graph_weight:
            for module in network.graph_modules():
                module.requires_grad_(isinstance(module, ContinuousGraphModule))

    def __len__(self) -> int:
        return len(self.rows)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Loss of the training rows numbered ``items``; every row has a share in the graph."""
        rows = self.rows[items]
        # Seeded from the trainer's random numbers, whose state a checkpoint holds.
        seed = int(torch.randint(2**62, ()))
        found = self.network(self.features, torch.Generator().manual_seed(seed))
        task = self.loss.per_row(found.logits[rows], rows).mean()
        rewards = self.loss.rewards(found.logits.detach()[rows], rows)
        graph = self.credit.loss(rows, rewards, found.log_p(rows))
        self.credit.update(rows, rewards)
        return {
            "loss": task + self.graph_weight * graph,
            "task_loss": task.detach(),
            "graph_loss": graph.detach(),
            "reward": rewards.mean(),
        }

    def passes_of(self, seed: int = EVALUATION_SEED) -> list[Pass]:
        """Draw the graphs of a prediction; the same seed draws the same ones."""
        generator = torch.Generator().manual_seed(seed)
        return [self.network(self.features, generator) for _ in range(self.passes)]

    @torch.no_grad()
    def scores(self) -> Tensor:
        """Mean scores ``(n, outputs)`` over the drawn graphs."""
        return torch.stack([self.loss.scores(each.logits) for each in self.passes_of()]).mean(dim=0)

    def evaluate(self) -> Mapping[str, float]:
        """Criterion on the held-out rows, averaged over the drawn graphs."""
        measures: dict[str, float] = {}
        if len(self.held):
            several = [
                self.loss.criterion(p.logits[self.held], self.held) for p in self.passes_of()
            ]
            measures["held_out"] = float(torch.stack(several).mean())
        return measures
