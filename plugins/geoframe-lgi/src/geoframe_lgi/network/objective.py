"""Training a network and its graph modules together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from geoframe import Objective
from geoframe_lgi.config import GraphConfig
from geoframe_lgi.latent.continuous import ContinuousGraphModule
from geoframe_lgi.latent.credit import Credit
from geoframe_lgi.losses import TaskLoss
from geoframe_lgi.network.latent_network import LatentGraphNetwork, Pass
from geoframe_lgi.task import Mask

EVALUATION_SEED = 0
"""Graphs drawn for evaluation are the same each time, so that their measures can be compared."""


class DrawnGraphObjective(Objective):
    """What is the same whichever network draws the graphs: rows, rewards and their credit.

    Parameters
    ----------
    features
        ``(n, f)`` of all rows.
    loss
        Of the task.
    train, held
        Training rows, and rows held out for early stopping (maybe none) ``(n,)``.
    options
        How graphs are learned: passes of a prediction, weight and reading of the graph loss.
    """

    features: Tensor
    rows: Tensor
    held: Tensor

    def __init__(
        self, features: Tensor, loss: TaskLoss, train: Mask, held: Mask, options: GraphConfig
    ) -> None:
        super().__init__()
        self.loss = loss
        self.passes = options.passes
        self.graph_weight = options.loss_weight
        self.register_buffer("features", features, persistent=False)
        for name, mask in (("rows", train), ("held", held)):
            numbers = torch.from_numpy(mask).nonzero().squeeze(1)
            self.register_buffer(name, numbers, persistent=False)
        self.credit = Credit(len(features), decay=options.decay, reading=options.loss)

    def __len__(self) -> int:
        return len(self.rows)

    def fresh_noise(self) -> torch.Generator:
        """Noise of one step, seeded from the trainer's random numbers (a checkpoint has them)."""
        return torch.Generator().manual_seed(int(torch.randint(2**62, ())))

    def task_loss(self, logits: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and rewards ``(m,)`` of rows, for the logits ``(n, outputs)`` of all of them."""
        loss = self.loss.per_row(logits[rows], rows).mean()
        return loss, self.loss.rewards(logits.detach()[rows], rows)

    def values(self, task: Tensor, graph: Tensor, rewards: Tensor) -> dict[str, Tensor]:
        """What a step says: the whole loss, its parts, and the mean reward."""
        return {
            "loss": task + self.graph_weight * graph,
            "task_loss": task.detach(),
            "graph_loss": graph.detach(),
            "reward": rewards.mean(),
        }

    def mean_scores(self, logits: Sequence[Tensor]) -> Tensor:
        """Mean scores ``(n, outputs)`` over the logits of several drawn graphs."""
        return torch.stack([self.loss.scores(each) for each in logits]).mean(dim=0)

    def held_criterion(self, logits: Sequence[Tensor]) -> float:
        """Criterion on the held-out rows, averaged over the logits of several drawn graphs."""
        several = [self.loss.criterion(each[self.held], self.held) for each in logits]
        return float(torch.stack(several).mean())


class LatentGraphObjective(DrawnGraphObjective):
    """Loss of the task + loss of the graphs, over the training rows; all rows are nodes.

    With a weight of 0 of the graph loss the graphs stay as they start.
    """

    def __init__(
        self,
        network: LatentGraphNetwork,
        features: Tensor,
        loss: TaskLoss,
        train: Mask,
        held: Mask,
        options: GraphConfig,
    ) -> None:
        super().__init__(features, loss, train, held, options)
        self.network = network
        if not self.graph_weight:
            for module in network.graph_modules():
                module.requires_grad_(isinstance(module, ContinuousGraphModule))

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Loss of the training rows numbered ``items``; every row has a share in the graph."""
        rows = self.rows[items]
        found = self.network(self.features, self.fresh_noise())
        task, rewards = self.task_loss(found.logits, rows)
        graph = self.credit.loss(rows, rewards, found.log_p(rows))
        self.credit.update(rows, rewards)
        return self.values(task, graph, rewards)

    def passes_of(self, seed: int = EVALUATION_SEED) -> list[Pass]:
        """Draw the graphs of a prediction; the same seed draws the same ones."""
        generator = torch.Generator().manual_seed(seed)
        return [self.network(self.features, generator) for _ in range(self.passes)]

    @torch.no_grad()
    def scores(self) -> Tensor:
        """Mean scores ``(n, outputs)`` over the drawn graphs."""
        return self.mean_scores([each.logits for each in self.passes_of()])

    def evaluate(self) -> Mapping[str, float]:
        """Criterion on the held-out rows, averaged over the drawn graphs."""
        if not len(self.held):
            return {}
        return {"held_out": self.held_criterion([each.logits for each in self.passes_of()])}
