"""The graph loss: edges are credited with the predictions that they led to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

START = 0.5
"""Reward that is expected of every node at first."""

Reading = Literal["log", "probability"]
"""What the loss sums: log p of the drawn edges (the paper), or p itself (its code)."""


class Credit(nn.Module):
    """A score-function loss with a running baseline per node.

    With rewards a_i in [0, 1] (1 if node i is now predicted right) and their running mean E_i,

        L = mean_i (E_i - a_i) sum_l sum_j log p_ij        over the edges drawn at every layer l,

    so that edges of nodes doing better than usual become likelier. The reading ``probability``
    takes the mean over j and l of p_ij = exp(log p_ij) instead, which has no gradient left where
    tau D is large.

    Parameters
    ----------
    nodes
        Number of nodes that have a reward.
    decay
        E_i <- decay E_i + (1 - decay) a_i after every step (0.95 in the code, 0.9 in the paper).
    """

    expected: Tensor

    def __init__(self, nodes: int, *, decay: float = 0.95, reading: Reading = "log") -> None:
        super().__init__()
        self.decay = decay
        self.reading = reading
        self.register_buffer("expected", torch.full((nodes,), START))

    def loss(self, rows: Tensor, rewards: Tensor, log_p: Sequence[Tensor]) -> Tensor:
        """Loss of nodes ``(m,)``, their rewards ``(m,)`` and log p ``(m, k)`` of each layer."""
        if not log_p:
            return rewards.new_zeros(())
        advantage = (self.expected[rows] - rewards).detach()
        edges = torch.cat([*log_p], dim=1)
        score = edges.sum(dim=1) if self.reading == "log" else edges.exp().mean(dim=1)
        return (advantage * score).mean()

    @torch.no_grad()
    def update(self, rows: Tensor, rewards: Tensor) -> None:
        """Move the expectations of nodes ``(m,)`` towards their rewards ``(m,)``."""
        self.expected[rows] = torch.lerp(self.expected[rows], rewards.float(), 1 - self.decay)
