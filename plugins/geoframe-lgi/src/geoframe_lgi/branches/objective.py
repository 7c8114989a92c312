"""Training the members of one branch together, each stopped where its held-out rows are best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from geoframe import Objective
from geoframe_lgi.branches.network import StackedBranch
from geoframe_lgi.branches.sparse import DenseMatrix, SparseMatrix
from geoframe_lgi.held_out import Fold
from geoframe_lgi.losses import TaskLoss


class BranchObjective(Objective):
    """Sum over members of the mean loss on the member's training rows.

    Members stop apart: each keeps the parameters that were best on its held-out rows, which are
    looked at whenever the trainer evaluates. They are buffers, so a checkpoint holds them.

    Parameters
    ----------
    network
        The members.
    views, hidden, labels
        What :meth:`~geoframe_lgi.branches.network.StackedBranch.forward` takes.
    loss
        Of the task.
    folds
        Training and held-out rows of each member; held-out rows may be none.
    """

    rows: Tensor
    shares: Tensor
    labels: Tensor | None
    step: Tensor
    best: Tensor
    best_step: Tensor

    def __init__(
        self,
        network: StackedBranch,
        views: SparseMatrix | DenseMatrix,
        hidden: Sequence[SparseMatrix | None],
        labels: Tensor | None,
        loss: TaskLoss,
        folds: Sequence[Fold],
    ) -> None:
        super().__init__()
        self.network = network
        self.views = views
        self.hidden = nn.ModuleList(nn.Identity() if each is None else each for each in hidden)
        self.loss = loss
        rows = torch.from_numpy(sum(fold.train.astype(int) for fold in folds)).nonzero().squeeze(1)
        shares = torch.stack([torch.from_numpy(fold.train) for fold in folds]).float()[:, rows]
        held = [torch.from_numpy(fold.held).nonzero().squeeze(1) for fold in folds]
        self.register_buffer("rows", rows, persistent=False)
        shares = shares / shares.sum(dim=1, keepdim=True)
        self.register_buffer("shares", shares, persistent=False)
        self.register_buffer("labels", labels, persistent=False)
        self.held = tuple(held)
        self.register_buffer("step", torch.zeros((), dtype=torch.int64))
        self.register_buffer("best", torch.full((len(folds),), torch.inf))
        self.register_buffer("best_step", torch.zeros(len(folds), dtype=torch.int64))
        for name, parameter in network.named_parameters():
            self.register_buffer(f"best_{name}", parameter.detach().clone())

    def __len__(self) -> int:
        return len(self.rows)

    def logits(self) -> Tensor:
        """Logits ``(members, n, outputs)``."""
        hidden = [None if isinstance(each, nn.Identity) else each for each in self.hidden]
        result: Tensor = self.network(self.views, hidden, self.labels)
        return result

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Loss of the training rows numbered ``items``."""
        rows, shares = self.rows[items], self.shares[:, items]
        losses = self.loss.per_row(self.logits()[:, rows], rows)
        self.step += 1
        return {"loss": (losses * shares).sum()}

    def evaluate(self) -> Mapping[str, float]:
        """Keep the parameters of the members that are better than ever on their held-out rows."""
        logits = self.logits()
        for member, held in enumerate(self.held):
            if not len(held):
                continue
            now = self.loss.criterion(logits[member, held], held)
            if now < self.best[member]:
                self.best[member] = now
                self.best_step[member] = self.step
                self._keep(member)
        return {"held_out": float(self.best.mean())}

    def settle(self) -> None:
        """Give every member that has held-out rows its best parameters."""
        with torch.no_grad():
            for member, held in enumerate(self.held):
                for name, parameter in self.network.named_parameters():
                    if len(held):
                        kept = self.network.part(name, getattr(self, f"best_{name}"), member)
                        self.network.part(name, parameter, member).copy_(kept)

    def _keep(self, member: int) -> None:
        for name, parameter in self.network.named_parameters():
            kept = self.network.part(name, getattr(self, f"best_{name}"), member)
            kept.copy_(self.network.part(name, parameter.detach(), member))
