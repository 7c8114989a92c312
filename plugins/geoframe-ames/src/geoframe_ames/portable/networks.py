"""Branches that see a graph as modules: encoded features and near rows of new rows -> scores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from geoframe_ames.portable.graphs import Near, graph_of
from geoframe_lgi.branches.fit import FixedBranch
from geoframe_lgi.branches.kinds import ITSELF, Views
from geoframe_lgi.branches.labels import PRIOR, LabelsAround
from geoframe_lgi.branches.network import HIDDEN
from geoframe_lgi.branches.propagation import SMOOTHING
from geoframe_lgi.branches.sparse import fixed_matrix

Seen = Callable[[str], Tensor]
"""Name of a view -> the view of the training rows ``(n, f)``, one tensor for all who ask."""


class PortableView(nn.Module):
    """One view of features (see :class:`~geoframe_lgi.branches.kinds.Views`) at new rows."""

    first: Tensor
    last: Tensor

    def __init__(self, name: str, views: Views, seen: Seen) -> None:
        super().__init__()
        base, _, how = name.partition("-")
        self.how = how if how in ("smooth", "twice") else ""
        self.graph = None if name == ITSELF else graph_of(base if self.how else name, views)
        self.register_buffer("first", seen(ITSELF))
        self.register_buffer("last", seen({"smooth": name, "twice": base}.get(self.how, ITSELF)))

    def forward(self, features: Tensor, near: Near) -> Tensor:
        """View ``(m, f)`` of features ``(m, f)``."""
        if self.graph is None:
            return features
        if self.how == "smooth":
            around = self.graph.around(self.last, near)
            mixed = (1 - SMOOTHING) * features + SMOOTHING * around
            return mixed / (1 - SMOOTHING * self.graph.own)
        seen: Tensor = self.graph(self.first, features, near)
        if self.how == "twice":
            seen = self.graph(self.last, seen, near)
        return seen


class PortableLabelsAround(nn.Module):
    """Frequencies of the members' labels around new rows ``(members, m, c)``."""

    labels: Tensor
    spread: Tensor
    overall: Tensor

    def __init__(self, around: LabelsAround, branch: FixedBranch) -> None:
        super().__init__()
        self.graph = graph_of(branch.kind.inputs[-1].partition("-")[0], branch.views)
        matrix = around.propagation.matrix
        every = [around.counted(fold.train) for fold in branch.folds]
        labels = torch.from_numpy(np.stack(every))
        self.register_buffer("labels", labels)
        self.register_buffer("spread", torch.from_numpy(np.stack([matrix @ x for x in every])))
        counts = labels.sum(dim=1, keepdim=True)
        self.register_buffer("overall", counts[..., :-1] / counts[..., -1:])

    def forward(self, near: Near) -> Tensor:
        """Labels within two hops, mixed with those of all training rows."""
        seen = []
        for labels, spread in zip(self.labels, self.spread, strict=True):
            once = self.graph.around(labels, near)
            seen.append(once + self.graph.around(spread, near) + self.graph.own * once)
        total = torch.stack(seen)
        return (total[..., :-1] + PRIOR * self.overall) / (total[..., -1:] + PRIOR)


class PortableNetwork(nn.Module):
    """The members of a network on a fixed graph, and their mean score."""

    hidden: Tensor

    def __init__(self, branch: FixedBranch, seen: Seen) -> None:
        super().__init__()
        self.network = branch.network.eval().requires_grad_(False)
        self.loss = branch.loss
        self.views = nn.ModuleList(
            PortableView(name, branch.views, seen) for name in branch.kind.inputs
        )
        self.around = nn.ModuleList(graph_of(name, branch.views) for name in branch.kind.hidden)
        self.labels = None if branch.around is None else PortableLabelsAround(branch.around, branch)
        hidden = self.network.inner_layer(fixed_matrix(branch.seen), branch.labels)
        self.register_buffer("hidden", hidden)

    def forward(self, features: Tensor, near: Near) -> Tensor:
        """Scores ``(m, c)`` of features ``(m, f)``."""
        seen = torch.cat([view(features, near) for view in self.views], dim=1)
        labels = None if self.labels is None else self.labels(near)
        new = self.network.inner_layer(lambda weights, _: seen @ weights, labels)
        parts = [graph(self.hidden, new, near) for graph in self.around]
        members = [part.view(part.shape[0], self.network.members, HIDDEN) for part in parts]
        scores: Tensor = self.loss.scores(self.network.read_out(members)).mean(dim=0)
        return scores


class PortableLabels(nn.Module):
    """Labels spread over a graph: mean score of the neighbours, or of all rows."""

    scores: Tensor

    def __init__(self, graph: str, scores: Tensor, views: Views) -> None:
        super().__init__()
        self.graph = graph_of(graph, views)
        self.register_buffer("scores", torch.cat([scores, torch.ones_like(scores[:, :1])], dim=1))

    def forward(self, features: Tensor, near: Near) -> Tensor:
        """Scores ``(m, c)``."""
        around = self.graph.around(self.scores, near)
        mean = self.scores[:, :-1].mean(dim=0)
        total = around[:, -1:]
        return torch.where(total > 0, around[:, :-1] / total.clamp_min(1e-12), mean)
