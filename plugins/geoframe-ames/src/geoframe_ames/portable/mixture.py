"""The weighted mixture of screened branches as one module, for ``torch.export``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor, nn

from geoframe_ames.branches import Branch, ClassicalBranch, FixedGraphBranch, PropagationBranch
from geoframe_ames.portable.classical import PortableClassical
from geoframe_ames.portable.graphs import NearRows
from geoframe_ames.portable.networks import PortableLabels, PortableNetwork, Seen
from geoframe_lgi.branches.kinds import Views
from geoframe_lgi.held_out import FLOOR


class PortableMixture(nn.Module):
    """Encoded features of new rows ``(m, f)`` -> scores ``(m, c)``, as ``geoframe apply`` has them.

    Parameters
    ----------
    views
        Of the training rows.
    branches, weights
        What the mixture is of; no latent branch, which draws the edges of every new row.
    """

    weights: Tensor

    def __init__(self, views: Views, branches: Sequence[Branch], weights: Sequence[float]) -> None:
        super().__init__()
        self.kind = views.task.kind
        self.near = nn.ModuleDict({"near": NearRows(views.nearest)})
        if views.task.edges is not None:
            refined = views.refined
            self.near["refined"] = NearRows(refined.nearest, refined.axes)
        seen = cache(lambda name: torch.tensor(views.of_features(name)))
        self.branches = nn.ModuleList(_module(each, views, seen) for each in branches)
        shares = torch.tensor([*weights]).view(-1, 1, 1)
        self.register_buffer("weights", shares / shares.sum())

    def forward(self, features: Tensor) -> Tensor:
        """See :func:`geoframe_lgi.held_out.log_mean_scores`."""
        near = {name: each(features) for name, each in self.near.items()}
        scores = torch.stack([branch(features, near) for branch in self.branches])
        if self.kind == "regression":
            return (self.weights * scores).sum(dim=0)
        likely = (self.weights * (scores + FLOOR).log()).sum(dim=0).exp()
        if self.kind == "multi-label":
            unlikely = (self.weights * (1 - scores + FLOOR).log()).sum(dim=0).exp()
            return likely / (likely + unlikely)
        return likely / likely.sum(dim=1, keepdim=True)


def _module(branch: Branch, views: Views, seen: Seen) -> nn.Module:
    """Module ``(features, near) -> scores`` of a branch."""
    task = views.task
    if isinstance(branch, FixedGraphBranch):
        return PortableNetwork(branch.branch, seen)
    if isinstance(branch, PropagationBranch):
        scores = torch.from_numpy(branch.predictions.scores).float()
        return PortableLabels(branch.graph, scores, views)
    if isinstance(branch, ClassicalBranch):
        return PortableClassical(branch.arrays, task.kind, len(task.outputs))
    raise ValueError(f"branch '{branch.predictions.name}' draws the edges of every new row")
