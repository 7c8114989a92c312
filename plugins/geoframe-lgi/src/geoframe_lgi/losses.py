"""The loss of a task, what counts as a success, and scores from logits."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from geoframe_lgi.config import NetworkConfig
from geoframe_lgi.task import Mask, NodeTask, Scores


class TaskLoss(nn.Module):
    """Loss, rewards and scores of one task, for logits ``(n, outputs)`` of all of its rows.

    Parameters
    ----------
    task
        What is predicted.
    train
        Training rows: numbers are standardised by them, classes weighted by their counts.
    class_weights
        Whether every class counts the same, however many rows it has.
    binary
        Classification by one independent logit per class, as in the published code.
    """

    target: Tensor
    mean: Tensor
    spread: Tensor
    weights: Tensor

    def __init__(
        self, task: NodeTask, train: Mask, *, class_weights: bool = False, binary: bool = False
    ) -> None:
        super().__init__()
        self.kind = task.kind
        self.binary = binary
        self.outputs = len(task.outputs)
        known = np.where(task.labelled[:, None], task.target, 0.0)
        self.register_buffer("mean", torch.zeros(known.shape[1]), persistent=False)
        self.register_buffer("spread", torch.ones(known.shape[1]), persistent=False)
        self.register_buffer("weights", torch.ones(self.outputs), persistent=False)
        if task.kind == "regression":
            spread = np.maximum(known[train].std(axis=0), 1e-12)
            self.mean = torch.tensor(known[train].mean(axis=0), dtype=torch.float32)
            self.spread = torch.tensor(spread, dtype=torch.float32)
            known = (known - known[train].mean(axis=0)) / spread
        if task.kind == "classification" and class_weights:
            counts = np.bincount(task.codes[train], minlength=self.outputs)
            weights = np.where(counts > 0, train.sum() / np.maximum(counts, 1), 0.0)
            weights /= max(1, (counts > 0).sum())
            self.weights = torch.tensor(weights, dtype=torch.float32)
        target = known[:, 0] if task.kind == "classification" else known
        dtype = torch.int64 if task.kind == "classification" else torch.float32
        self.register_buffer("target", torch.tensor(target).to(dtype), persistent=False)

    @classmethod
    def of(cls, options: NetworkConfig, task: NodeTask, train: Mask) -> TaskLoss:
        """Make the loss that a network's options ask for."""
        binary = options.loss == "binary"
        return cls(task, train, class_weights=options.class_weights, binary=binary)

    def per_row(self, logits: Tensor, rows: Tensor) -> Tensor:
        """Loss of each of the rows ``(m,)``; logits ``(..., m, outputs)`` -> ``(..., m)``."""
        target = self.target[rows]
        if self.kind == "regression":
            return (logits - target).square().mean(dim=-1)
        if self.kind == "multi-label" or self.binary:
            if self.kind == "classification":
                wanted = functional.one_hot(target, self.outputs).to(logits)
            else:
                wanted = target
            losses = functional.binary_cross_entropy_with_logits(
                logits, wanted.expand_as(logits), reduction="none"
            ).mean(dim=-1)
            return losses * self.weights[target] if self.kind == "classification" else losses
        log_p = functional.log_softmax(logits, dim=-1)
        chosen = target.expand(logits.shape[:-1]).unsqueeze(-1)
        return -log_p.gather(-1, chosen).squeeze(-1) * self.weights[target]

    def rewards(self, logits: Tensor, rows: Tensor) -> Tensor:
        """How right each of the rows is now, in [0, 1] ``(m,)``.

        1 or 0 for classes, the share of right labels, or 1 / (1 + squared error in variances).
        """
        target = self.target[rows]
        if self.kind == "classification":
            return (logits.argmax(dim=-1) == target).to(logits)
        if self.kind == "multi-label":
            return ((logits > 0) == (target > 0)).to(logits).mean(dim=-1)
        return 1 / (1 + (logits - target).square().mean(dim=-1))

    def criterion(self, logits: Tensor, rows: Tensor) -> Tensor:
        """What early stopping watches: loss less 0.3 of the reward ``(..., m, c)`` -> ``(...)``."""
        return (self.per_row(logits, rows) - 0.3 * self.rewards(logits, rows)).mean(dim=-1)

    def scores(self, logits: Tensor) -> Tensor:
        """Probabilities, or values in the user's units, of logits ``(..., outputs)``."""
        if self.kind == "regression":
            return logits * self.spread + self.mean
        if self.kind == "multi-label":
            return torch.sigmoid(logits)
        if self.binary:
            each = torch.sigmoid(logits)
            return each / each.sum(dim=-1, keepdim=True).clamp_min(1e-12)
        return torch.softmax(logits, dim=-1)

    def to_scores(self, logits: Tensor) -> Scores:
        """The same as an array."""
        scores: Scores = self.scores(logits.detach()).double().numpy()
        return scores
