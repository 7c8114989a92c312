"""From the name of a fixed branch to its trained members and what they say."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import torch
from torch import Tensor

from geoframe.components import Component
from geoframe.run.directory import Run
from geoframe_lgi.branches.kinds import ITSELF, KINDS, BranchKind, Views
from geoframe_lgi.branches.labels import LabelsAround
from geoframe_lgi.branches.network import HIDDEN, StackedBranch, usual_dropout
from geoframe_lgi.branches.objective import BranchObjective
from geoframe_lgi.branches.propagation import Rows
from geoframe_lgi.branches.sparse import SparseMatrix, fixed_matrix
from geoframe_lgi.held_out import Fold, HeldOut, Predictions, mean_scores, part_seed
from geoframe_lgi.losses import TaskLoss
from geoframe_lgi.task import Mask, Scores

MEMBERS = 2
"""Members of the final model, trained from different starts."""


class FixedBranch:
    """The members of one branch on one task, before or after training.

    Parameters
    ----------
    name
        One of :data:`~geoframe_lgi.branches.kinds.KINDS`.
    views
        Of the task.
    loss
        Of the task; its mean and spread turn logits into numbers.
    train
        Rows whose labels may be seen.
    folds
        Training and held-out rows of each member.
    """

    def __init__(
        self, name: str, views: Views, loss: TaskLoss, train: Mask, folds: Sequence[Fold]
    ) -> None:
        self.name = name
        self.views = views
        self.loss = loss
        self.folds = folds
        self.kind: BranchKind = KINDS[name]
        task = views.task
        self.seen = np.concatenate([views.of_features(view) for view in self.kind.inputs], axis=1)
        self.around = self._labels_around(train)
        labels = None if self.around is None else self._labels(self.around)
        self.network = StackedBranch(
            self.seen.shape[1],
            len(task.outputs),
            len(folds),
            around=len(self.kind.hidden),
            labels=0 if labels is None else labels.shape[2],
            dropout=usual_dropout(task.features.shape[1]),
        )
        self.labels = labels

    def _labels_around(self, train: Mask) -> LabelsAround | None:
        """Labels are seen through the inputs' graph, unless hidden values would carry them back."""
        graph = self.kind.inputs[-1].partition("-")[0]
        if graph == ITSELF or self.kind.hidden != (ITSELF,):
            return None
        return LabelsAround(self.views.task, self.views.propagation(graph), train)

    def _labels(self, around: LabelsAround) -> Tensor:
        return torch.from_numpy(np.stack([around.seen(fold.train) for fold in self.folds]))

    def objective(self) -> BranchObjective:
        """Make what a trainer minimises."""
        hidden = [
            None if each == ITSELF else SparseMatrix(self.views.propagation(each).matrix)
            for each in self.kind.hidden
        ]
        return BranchObjective(
            self.network, fixed_matrix(self.seen), hidden, self.labels, self.loss, self.folds
        )

    @torch.no_grad()
    def predict(self, features: Rows) -> list[Scores]:
        """Scores ``(m, c)`` of new rows by each member; they see training rows alone."""
        network = self.network.eval()
        new = [self.views.of_new(view, features) for view in self.kind.inputs]
        labels = None
        graph = self.kind.inputs[-1].partition("-")[0]
        if self.around is not None:
            extended = self.views.propagation(graph).extended(features)
            seen = [self.around.seen_by_new(extended, fold.train) for fold in self.folds]
            labels = torch.from_numpy(np.stack(seen))
        inner = network.inner_layer(fixed_matrix(np.concatenate(new, axis=1)), labels)
        parts = [self._around_new(each, features, inner) for each in self.kind.hidden]
        logits = network.read_out([part.view(len(features), -1, HIDDEN) for part in parts])
        return [self.loss.to_scores(each) for each in logits]

    def _around_new(self, name: str, features: Rows, inner: Tensor) -> Tensor:
        if name == ITSELF:
            return inner
        old = self.network.inner_layer(fixed_matrix(self.seen), self.labels)
        extended = self.views.propagation(name).extended(features)
        return torch.from_numpy(extended.apply(old.numpy(), inner.numpy()))


@attrs.frozen(kw_only=True, eq=False)
class FittedBranch:
    """A trained branch and what it says of all rows."""

    branch: FixedBranch
    predictions: Predictions

    def predict(self, features: Rows) -> Scores:
        """Scores ``(m, c)`` of new rows."""
        return mean_scores(self.branch.predict(features))


def fit_branch(
    name: str,
    views: Views,
    loss: TaskLoss,
    held_out: HeldOut,
    trainer: Component,
    *,
    seed: int,
    run: Run | None = None,
) -> FittedBranch:
    """Train a branch, in one go or by folds and then once more on all training rows.

    Where folds take turns, their mean best step is how long the final members train.
    """
    folds = held_out.folds * (1 if held_out.cross else MEMBERS)
    part = None if run is None else run.part(name)
    branch, objective, seconds = _train(name, views, loss, held_out, folds, trainer, seed, part)
    members = _scores(objective, loss)
    held = np.full(members[0].shape, np.nan)
    if not held_out.cross:
        scores = mean_scores(members)
        held[held_out.rows] = scores[held_out.rows]
    else:
        for member, fold in zip(members, folds, strict=True):
            held[fold.held] = member[fold.held]
        nothing = np.zeros(len(views.task), dtype=np.bool_)
        final = tuple(Fold(train=held_out.train, held=nothing) for _ in range(MEMBERS))
        steps = max(1, round(float(objective.best_step.double().mean())))
        branch, objective, more = _train(
            name,
            views,
            loss,
            held_out,
            final,
            trainer,
            seed,
            None if run is None else run.part(f"{name}-all"),
            steps=steps,
        )
        scores, seconds = mean_scores(_scores(objective, loss)), seconds + more
    predictions = Predictions(name=name, scores=scores, held=held, seconds=seconds)
    return FittedBranch(branch=branch, predictions=predictions)


def _train(
    name: str,
    views: Views,
    loss: TaskLoss,
    held_out: HeldOut,
    folds: Sequence[Fold],
    trainer: Component,
    seed: int,
    run: Run | None,
    *,
    steps: int | None = None,
) -> tuple[FixedBranch, BranchObjective, float]:
    torch.manual_seed(part_seed(seed, name, len(folds)))
    branch = FixedBranch(name, views, loss, held_out.train, folds)
    objective = branch.objective()
    shorter = {"steps": steps} if steps and hasattr(trainer.options, "steps") else {}
    training = trainer.build(**shorter).fit(objective, run)
    objective.settle()
    return branch, objective.eval(), training.seconds


@torch.no_grad()
def _scores(objective: BranchObjective, loss: TaskLoss) -> list[Scores]:
    """Scores ``(n, c)`` of every member."""
    return [loss.to_scores(logits) for logits in objective.logits()]
