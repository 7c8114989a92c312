"""What is minimised: squared errors in the target's unit, or cross-entropy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.optim import AdamW, Optimizer

from geoframe import Objective
from geoframe_cgenn.metric.learned import Metric
from geoframe_cgenn.metric.symmetry import anisotropy
from geoframe_cgenn.models.particles import Particles, particles
from geoframe_cgenn.models.predictor import CliffordPredictor
from geoframe_cgenn.sets import VectorSets

AT_ONCE = 512
"""Sets that are predicted in one go."""


class VectorObjective(Objective):
    """Error of a predictor over training sets.

    Parameters
    ----------
    predictor
        What is trained.
    train, validation
        Sets of vectors with targets.
    unfreeze
        Share of the training after which the metric trains.
    metric_rate
        Learning rate of the metric in units of the trainer's.
    """

    scalars: Tensor
    vectors: Tensor
    sizes: Tensor
    starts: Tensor
    targets: Tensor

    def __init__(
        self,
        predictor: CliffordPredictor,
        train: VectorSets,
        validation: VectorSets,
        *,
        unfreeze: float = 0.0,
        metric_rate: float = 1.0,
    ) -> None:
        super().__init__()
        self.predictor = predictor
        self.validation = validation
        self.unfreeze = unfreeze
        self.metric_rate = metric_rate
        self.of_sets = train.of_sets
        self.singles = bool((train.sizes == 1).all())
        self.pairs = predictor.network.shape.messages == "pairs"
        self.register_buffer("scalars", _float(train.scalars), persistent=False)
        self.register_buffer("vectors", _float(train.vectors), persistent=False)
        self.register_buffer("sizes", torch.from_numpy(train.sizes), persistent=False)
        self.register_buffer("starts", torch.from_numpy(train.starts), persistent=False)
        assert train.targets is not None
        targets = torch.from_numpy(train.targets)
        if train.kind != "class":
            targets = predictor.standard_target(targets).float()
        self.register_buffer("targets", targets, persistent=False)

    def __len__(self) -> int:
        return len(self.sizes)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Numbers of sets ``(b,)`` -> ``loss``, and how far the metric is from a multiple of I."""
        if self.unfreeze > 0:
            frozen = self.require_progress() < self.unfreeze
            for metric in self._metrics():
                metric.frozen = frozen
        rows, batch = self._batch(items)
        targets = self.targets[items if self.of_sets else rows]
        answers = self.predictor.standard(batch)
        if self.predictor.kind == "class":
            loss = F.cross_entropy(answers, targets)
        else:
            loss = F.mse_loss(answers.view_as(targets), targets)
        with torch.no_grad():
            away = anisotropy(self._metrics()[0].matrix())
        return {"loss": loss, "metric_anisotropy": away}

    def _batch(self, items: Tensor) -> tuple[Tensor, Particles]:
        if self.singles:
            return items, particles(self.scalars[items], self.vectors[items])
        sizes = self.sizes[items]
        ends = sizes.cumsum(0)
        within = torch.arange(int(ends[-1]), device=items.device)
        rows = within + (self.starts[items] - (ends - sizes)).repeat_interleave(sizes)
        batch = particles(self.scalars[rows], self.vectors[rows], sizes, pairs=self.pairs)
        return rows, batch

    def evaluate(self) -> Mapping[str, float]:
        """``validation_loss``, in the units that the loss has."""
        return {"validation_loss": standard_loss(self.predictor, self.validation)}

    def optimizer(self, learning_rate: float, weight_decay: float) -> Optimizer | None:
        """Return AdamW with a group for the metric, if the metric's options are not the others'."""
        own = [p for metric in self._metrics() for p in metric.parameters()]
        if not own or (self.metric_rate == 1.0 and weight_decay == 0.0):
            return None
        ids = {id(p) for p in own}
        others = [p for p in self.parameters() if id(p) not in ids]
        return AdamW(
            [
                {"params": others, "weight_decay": weight_decay},
                {"params": own, "lr": learning_rate * self.metric_rate, "weight_decay": 0.0},
            ],
            lr=learning_rate,
        )

    def _metrics(self) -> list[Metric]:
        return [cast(Metric, metric) for metric in self.predictor.network.metrics]


def _float(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(values).float()


@torch.no_grad()
def predict(predictor: CliffordPredictor, sets: VectorSets) -> Tensor:
    """Answers of a predictor for all sets, a block of sets at a time.

    Parameters
    ----------
    predictor
        In eval mode, of any floating type and on any device.
    """
    like = predictor.target_mean
    pairs = predictor.network.shape.messages == "pairs"
    answers = []
    for first in range(0, len(sets), AT_ONCE):
        block = sets.take(np.arange(first, min(first + AT_ONCE, len(sets))))
        batch = particles(
            torch.from_numpy(block.scalars).to(like),
            torch.from_numpy(block.vectors).to(like),
            torch.from_numpy(block.sizes).to(like.device),
            pairs=pairs,
        )
        answers.append(predictor(batch))
    return torch.cat(answers).cpu()


def standard_loss(predictor: CliffordPredictor, sets: VectorSets) -> float:
    """Mean error of a predictor in the units of the loss it was trained with."""
    answers = predict(predictor, sets)
    assert sets.targets is not None
    targets = torch.from_numpy(sets.targets)
    if sets.kind == "class":
        return float(F.cross_entropy(answers, targets))
    scale = predictor.target_scale.cpu()
    return float(((answers - targets.to(answers)) / scale).square().mean())
