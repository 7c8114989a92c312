"""Training all branches together, and how much each of them contributes meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from geoframe import Objective
from geoframe_ames.network.branch_network import BranchNetwork, BranchPass
from geoframe_lgi.latent.credit import Credit, Reading
from geoframe_lgi.losses import TaskLoss
from geoframe_lgi.network.objective import EVALUATION_SEED
from geoframe_lgi.task import Mask

MEMORY = 0.95
"""Decay of the running means of the contributions."""
WARMING = 1e6
"""Above every criterion."""
CONTRIBUTIONS = ("output_gradient", "gradient_times_output", "graph_gradient", "attention")
"""c1 = |dL/dh_s|, c2 = |<dL/dh_s, h_s>|, c3 = |dL_G,s / dTheta_s|, c4 = alpha_s."""


class BranchObjective(Objective):
    """Loss of the task + sum over latent branches of their graph losses.

    All branches have the rewards of the merged prediction and a log p of their own. The gradient
    of a branch's output and of its graph module are looked at as they pass (contributions).

    Parameters
    ----------
    network
        What is trained.
    features
        ``(n, f)`` of all rows.
    loss
        Of the task.
    train, held
        Training rows, and rows held out for early stopping and ablation (maybe none) ``(n,)``.
    passes
        Graphs drawn for a prediction.
    warmup
        Steps of equal attention.
    weighted
        Whether a branch's graph loss is weighed by its attention.
    """

    features: Tensor
    rows: Tensor
    held: Tensor
    step: Tensor
    running: Tensor
    now: Tensor

    def __init__(
        self,
        network: BranchNetwork,
        features: Tensor,
        loss: TaskLoss,
        train: Mask,
        held: Mask,
        *,
        passes: int = 10,
        warmup: int = 200,
        weighted: bool = False,
        graph_weight: float = 1.0,
        decay: float = 0.95,
        reading: Reading = "log",
    ) -> None:
        super().__init__()
        self.network = network
        self.loss = loss
        self.passes = passes
        self.warmup = warmup
        self.weighted = weighted
        self.graph_weight = graph_weight
        self.register_buffer("features", features, persistent=False)
        rows = torch.from_numpy(train).nonzero().squeeze(1)
        self.register_buffer("rows", rows, persistent=False)
        held_rows = torch.from_numpy(held).nonzero().squeeze(1)
        self.register_buffer("held", held_rows, persistent=False)
        self.register_buffer("step", torch.zeros((), dtype=torch.int64))
        branches = len(network.names)
        self.register_buffer("running", torch.full((4, branches), 1 / branches))
        self.credit = Credit(len(features), decay=decay, reading=reading)
        self.register_buffer("now", torch.zeros(4, branches), persistent=False)
        for place, name in enumerate(network.names):
            if name in network.graphs:
                for parameter in network.graphs[name].parameters():
                    parameter.register_hook(self._graph_gradient(place))

    def __len__(self) -> int:
        return len(self.rows)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Loss of the training rows numbered ``items``; all rows have a share in the graphs."""
        self._remember()
        rows = self.rows[items]
        seed = int(torch.randint(2**62, ()))
        uniform = bool(self.step < self.warmup)
        found: BranchPass = self.network(
            self.features, torch.Generator().manual_seed(seed), uniform=uniform
        )
        for place, output in enumerate(found.outputs):
            if output.requires_grad:
                output.register_hook(self._output_gradient(place, output.detach()))
        self.now[3] = found.alpha.detach()
        task = self.loss.per_row(found.logits[rows], rows).mean()
        rewards = self.loss.rewards(found.logits.detach()[rows], rows)
        graph = task.new_zeros(())
        for place, sample in enumerate(found.samples):
            if sample is not None and sample.log_p is not None:
                share = found.alpha[place].detach() if self.weighted else 1.0
                graph = graph + share * self.credit.loss(rows, rewards, [sample.log_p[rows]])
        self.credit.update(rows, rewards)
        self.step += 1
        return {
            "loss": task + self.graph_weight * graph,
            "task_loss": task.detach(),
            "graph_loss": graph.detach(),
            "reward": rewards.mean(),
            **{
                f"attention_{name}": alpha
                for name, alpha in zip(self.network.names, found.alpha.detach(), strict=True)
            },
        }

    def passes_of(self, on: Tensor | None = None) -> list[BranchPass]:
        """Draw the graphs of a prediction, the same ones each time; see ``Attention.forward``."""
        generator = torch.Generator().manual_seed(EVALUATION_SEED)
        return [self.network(self.features, generator, on=on) for _ in range(self.passes)]

    @torch.no_grad()
    def scores(self, on: Tensor | None = None) -> Tensor:
        """Mean scores ``(n, outputs)`` over the drawn graphs."""
        return torch.stack([self.loss.scores(p.logits) for p in self.passes_of(on)]).mean(dim=0)

    def evaluate(self) -> Mapping[str, float]:
        """Criterion on the held-out rows, and what patience watches.

        Through the warm-up every evaluation counts as an improvement: a network whose attention
        never began must not be the best one.
        """
        if not len(self.held):
            return {}
        several = [
            self.loss.criterion(found.logits[self.held], self.held) for found in self.passes_of()
        ]
        held_out = float(torch.stack(several).mean())
        left = self.warmup - int(self.step)
        return {"held_out": held_out, "watched": held_out if left <= 0 else WARMING + left}

    def contributions(self) -> dict[str, dict[str, float]]:
        """Running means over the last steps, each normalised over branches: branch -> measure."""
        shares = self.running / self.running.sum(dim=1, keepdim=True).clamp_min(1e-12)
        return {
            name: dict(zip(CONTRIBUTIONS, shares[:, place].tolist(), strict=True))
            for place, name in enumerate(self.network.names)
        }

    def _remember(self) -> None:
        """Take what the last backward pass has shown into the running means."""
        if self.step > 0:
            shown = self.now.clone()
            shown[2].sqrt_()
            total = shown.sum(dim=1, keepdim=True)
            shares = torch.where(total > 0, shown / total.clamp_min(1e-30), self.running)
            self.running.lerp_(shares, 1 - MEMORY)
        self.now.zero_()

    def _output_gradient(self, place: int, output: Tensor) -> Callable[[Tensor], None]:
        def look(gradient: Tensor) -> None:
            self.now[0, place] = gradient.norm()
            self.now[1, place] = (gradient * output).sum().abs()

        return look

    def _graph_gradient(self, place: int) -> Callable[[Tensor], None]:
        def look(gradient: Tensor) -> None:
            self.now[2, place] += gradient.square().sum()

        return look
