"""The objective of many independent experts."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoframe import Objective
from geoframe_pathways.experts.task import ExpertTask, Loss


def loss_per_expert(loss: Loss, outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean loss of each expert ``(e,)`` on outputs ``(e, b, o)``."""
    if loss == "cross-entropy":
        flat = functional.cross_entropy(outputs.flatten(0, 1), targets.flatten(), reduction="none")
        return flat.view(targets.shape).mean(dim=1)
    return ((outputs - targets) ** 2).mean(dim=(1, 2))


class ExpertsObjective(Objective):
    """Loss of every row under the expert of its cell.

    Any trainer can minimise it row by row. The trainers of this package see that it is
    divisible: experts share nothing, so each block of experts is trained on its own.

    Parameters
    ----------
    task
        The rows and the experts' cells.
    """

    def __init__(self, task: ExpertTask) -> None:
        super().__init__()
        self.task = task
        rows = [task.shape.initial(task.seed, expert) for expert in range(task.experts)]
        self.experts = nn.Parameter(torch.stack(rows))

    def __len__(self) -> int:
        return len(self.task.members)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Mean loss of members ``(b,)``: positions in ``task.members``."""
        task = self.task
        items = items.cpu()
        owners = torch.searchsorted(task.offsets, items, right=True) - 1
        rows = task.members[items]
        # A batch row is its own little stack: one expert, one input.
        device = self.experts.device
        u = task.localise(task.inputs[rows].unsqueeze(1), owners).to(device)
        outputs = task.shape.forward(self.experts[owners.to(device)], u)
        targets = task.targets[rows].unsqueeze(1).to(device)
        return {"loss": loss_per_expert(task.loss, outputs, targets).mean()}

    def matrix(self) -> Tensor:
        """Whole rows ``(experts, row_size)``: centre, one over scale, parameters."""
        task = self.task
        pieces = [task.centres, task.inverse_scales.unsqueeze(1), self.experts.detach().cpu()]
        return torch.cat(pieces, dim=1)
