"""Training all branches together, and how much each of them contributes meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from geoframe_ames.network.branch_network import BranchNetwork, BranchPass
from geoframe_lgi.config import GraphConfig
from geoframe_lgi.losses import TaskLoss
from geoframe_lgi.network.objective import EVALUATION_SEED, DrawnGraphObjective
from geoframe_lgi.task import Mask

MEMORY = 0.95
"""Decay of the running means of the contributions."""
WARMING = 1e6
"""Above every criterion."""
CONTRIBUTIONS = ("output_gradient", "gradient_times_output", "graph_gradient", "attention")
"""c1 = |dL/dh_s|, c2 = |<dL/dh_s, h_s>|, c3 = |dL_G,s / dTheta_s|, c4 = alpha_s."""


class BranchObjective(DrawnGraphObjective):
    """Loss of the task + sum over latent branches of their graph losses.

    All branches have the rewards of the merged prediction and a log p of their own. The gradient
    of a branch's output and of its graph module are looked at as they pass (contributions).

    Parameters
    ----------
    network
        What is trained.
    warmup
        Steps of equal attention.
    weighted
        Whether a branch's graph loss is weighed by its attention.
    """

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
        options: GraphConfig,
        *,
        warmup: int = 200,
        weighted: bool = False,
    ) -> None:
        super().__init__(features, loss, train, held, options)
        self.network = network
        self.warmup = warmup
        self.weighted = weighted
        self.register_buffer("step", torch.zeros((), dtype=torch.int64))
        branches = len(network.names)
        self.register_buffer("running", torch.full((4, branches), 1 / branches))
        self.register_buffer("now", torch.zeros(4, branches), persistent=False)
        for place, name in enumerate(network.names):
            if name in network.graphs:
                for parameter in network.graphs[name].parameters():
                    parameter.register_hook(self._graph_gradient(place))

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Loss of the training rows numbered ``items``; all rows have a share in the graphs."""
        self._remember()
        rows = self.rows[items]
        uniform = bool(self.step < self.warmup)
        found: BranchPass = self.network(self.features, self.fresh_noise(), uniform=uniform)
        for place, output in enumerate(found.outputs):
            if output.requires_grad:
                output.register_hook(self._output_gradient(place, output.detach()))
        self.now[3] = found.alpha.detach()
        task, rewards = self.task_loss(found.logits, rows)
        graph = task.new_zeros(())
        for place, sample in enumerate(found.samples):
            if sample is not None and sample.log_p is not None:
                share = found.alpha[place].detach() if self.weighted else 1.0
                graph = graph + share * self.credit.loss(rows, rewards, [sample.log_p[rows]])
        self.credit.update(rows, rewards)
        self.step += 1
        return self.values(task, graph, rewards) | {
            f"attention_{name}": alpha
            for name, alpha in zip(self.network.names, found.alpha.detach(), strict=True)
        }

    def passes_of(self, on: Tensor | None = None) -> list[BranchPass]:
        """Draw the graphs of a prediction, the same ones each time; see ``Attention.forward``."""
        generator = torch.Generator().manual_seed(EVALUATION_SEED)
        return [self.network(self.features, generator, on=on) for _ in range(self.passes)]

    @torch.no_grad()
    def scores(self, on: Tensor | None = None) -> Tensor:
        """Mean scores ``(n, outputs)`` over the drawn graphs."""
        return self.mean_scores([each.logits for each in self.passes_of(on)])

    def evaluate(self) -> Mapping[str, float]:
        """Criterion on the held-out rows, and what patience watches.

        Through the warm-up every evaluation counts as an improvement: a network whose attention
        never began must not be the best one.
        """
        if not len(self.held):
            return {}
        held_out = self.held_criterion([each.logits for each in self.passes_of()])
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
