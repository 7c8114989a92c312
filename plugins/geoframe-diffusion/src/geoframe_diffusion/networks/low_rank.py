"""Networks that train by little: low-rank additions to weights that stay (Hu et al., ICLR 2022)."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize


class LowRank(nn.Module):
    """``weight + up @ down`` of a matrix, or of a convolution as one; it begins as the weight.

    Parameters
    ----------
    weight
        ``(out, ...)``.
    rank
        Columns of ``up``, at most those of a full matrix.
    """

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        rows, columns = weight.shape[0], weight[0].numel()
        rank = min(rank, rows, columns)
        self.down = nn.Parameter(torch.randn(rank, columns, device=weight.device) / columns**0.5)
        self.up = nn.Parameter(torch.zeros(rows, rank, device=weight.device))

    def forward(self, weight: Tensor) -> Tensor:
        """The weight, and what was learned."""
        return weight + (self.up @ self.down).view_as(weight).to(weight.dtype)


def with_low_rank(network: nn.Module, rank: int) -> nn.Module:
    """Copy a network around its own weights; additions to all its matrices and convolutions train.

    The weights are shared in memory, and get no gradient from the copy.
    """
    shared = {id(p): nn.Parameter(p.detach(), requires_grad=False) for p in network.parameters()}
    copied = copy.deepcopy(network, dict(shared))
    for part in [*copied.modules()]:
        if isinstance(part, nn.Linear | nn.Conv2d):
            parametrize.register_parametrization(part, "weight", LowRank(part.weight, rank))
    return copied
