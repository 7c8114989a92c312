"""Attention over branches: one weight per branch, or one per branch and row.

Scores are those of Wang et al., Heterogeneous Graph Attention Network (2019).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

SMALL = 0.1
"""Standard deviation of the first query: weights start near uniform."""

Kind = Literal["semantic", "global", "node", "mean", "hard"]


class Attention(nn.Module, ABC):
    """Weights alpha of K branches, and their weighted sum.

    Parameters
    ----------
    branches
        K.
    width
        Width d of the branches' outputs. Each is normalised first: without that a branch with
        large values would win by its scale.
    """

    def __init__(self, branches: int, width: int) -> None:
        super().__init__()
        self.branches = branches
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(branches))

    @abstractmethod
    def scores(self, outputs: Tensor) -> Tensor:
        """Scores of normalised outputs ``(K, n, d)`` -> ``(K, 1)`` or ``(K, n)``."""

    def weights(self, scores: Tensor) -> Tensor:
        """Weights of scores, summing to 1 over branches."""
        return torch.softmax(scores, dim=0)

    def forward(
        self, outputs: Tensor, *, uniform: bool = False, on: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Merge outputs ``(K, n, d)`` -> ``(n, d)``, and the mean weight of each branch ``(K,)``.

        Parameters
        ----------
        uniform
            Whether all weights are equal (in a warm-up).
        on
            Which branches take part ``(K,)``; the weights of the others go to these.
        """
        normal = torch.stack([norm(h) for norm, h in zip(self.norms, outputs, strict=True)])
        scores = normal.new_zeros(self.branches, 1) if uniform else self.scores(normal)
        if on is not None:
            scores = scores.masked_fill(on.unsqueeze(1) == 0, -torch.inf)
        alpha = torch.softmax(scores, dim=0) if uniform else self.weights(scores)
        return (alpha.unsqueeze(2) * normal).sum(dim=0), alpha.mean(dim=1)


class NodeAttention(Attention):
    """alpha_is = softmax_s( q . tanh(W h_is + b) ): every row weighs branches for itself."""

    def __init__(self, branches: int, width: int, hidden: int = 16) -> None:
        super().__init__(branches, width)
        self.inner = nn.Linear(width, hidden)
        self.query = nn.Parameter(SMALL * torch.randn(hidden))

    def scores(self, outputs: Tensor) -> Tensor:
        """q . tanh(W h + b) of every branch and row."""
        return torch.tanh(self.inner(outputs)) @ self.query


class SemanticAttention(NodeAttention):
    """alpha_s = softmax_s( mean_i q . tanh(W h_is + b) ): one weight per branch."""

    def scores(self, outputs: Tensor) -> Tensor:
        """Mean of the rows' scores."""
        return super().scores(outputs).mean(dim=1, keepdim=True)


class GlobalAttention(Attention):
    """alpha = softmax(theta), free parameters that start at 0."""

    def __init__(self, branches: int, width: int) -> None:
        super().__init__(branches, width)
        self.theta = nn.Parameter(torch.zeros(branches, 1))

    def scores(self, outputs: Tensor) -> Tensor:
        """Return theta."""
        return self.theta


class HardAttention(GlobalAttention):
    """One branch per pass, drawn by Gumbel-softmax over theta, with its gradient straight through.

    In evaluation the likeliest branch is taken.
    """

    def weights(self, scores: Tensor) -> Tensor:
        """One-hot weights."""
        if self.training:
            return functional.gumbel_softmax(scores, hard=True, dim=0)
        return functional.one_hot(scores.argmax(dim=0), self.branches).T.to(scores)


class MeanFusion(Attention):
    """alpha = 1 / K."""

    def scores(self, outputs: Tensor) -> Tensor:
        """Equal scores."""
        return outputs.new_zeros(self.branches, 1)


def attention(kind: Kind, branches: int, width: int, hidden: int) -> Attention:
    """Build an attention by name."""
    if kind == "semantic":
        return SemanticAttention(branches, width, hidden)
    if kind == "node":
        return NodeAttention(branches, width, hidden)
    simple: dict[str, type[GlobalAttention] | type[MeanFusion]] = {
        "global": GlobalAttention,
        "hard": HardAttention,
        "mean": MeanFusion,
    }
    return simple[kind](branches, width)
