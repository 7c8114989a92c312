"""Training of one block of experts: the unit of work of every engine."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import attrs
import numpy as np
import torch
from torch import Tensor
from torch.optim.adamw import adamw

from geoframe.training.denormals import flushed_denormals
from geoframe.training.schedule import learning_rate_factor
from geoframe.training.threads import one_thread
from geoframe_pathways.experts.gradient import StackGradient
from geoframe_pathways.experts.task import ExpertTask, tensors_from_bytes, tensors_to_bytes
from geoframe_pathways.trainers.config import StackedConfig

DRAWN_AT_ONCE = 64
"""Steps whose batches are drawn together."""


@attrs.frozen(kw_only=True, eq=False)
class BlockState:
    """Where the training of a block stands."""

    step: int
    parameters: Tensor
    """``(e, parameters)``."""
    mean: Tensor
    square: Tensor
    """Adam's running mean of the gradient and of its square, shaped as the parameters."""
    loss: float
    """Mean of the experts' losses over the last steps; NaN if one was not finite."""
    seconds: float

    def to_bytes(self) -> bytes:
        """Write the state as a safetensors image."""
        tensors = {name: getattr(self, name) for name in ("parameters", "mean", "square")}
        facts = {name: getattr(self, name) for name in ("step", "loss", "seconds")}
        return tensors_to_bytes(tensors, facts)

    @classmethod
    def from_bytes(cls, image: bytes) -> BlockState:
        """Read what :meth:`to_bytes` wrote."""
        tensors, facts = tensors_from_bytes(image)
        return cls(**tensors, **facts)  # type: ignore[arg-type]


def blocks_of(task: ExpertTask, size: int) -> list[range]:
    """Cut the expert ids into consecutive blocks."""
    return [range(start, min(start + size, task.experts)) for start in range(0, task.experts, size)]


def batch_per_expert(options: StackedConfig, experts: int) -> int:
    """Rows of one step for each expert."""
    return max(options.expert_batch, options.schedule.batch_size // experts)


def next_stop(step: int, options: StackedConfig, experts: int) -> int:
    """Step at which a block of ``experts`` that stands at ``step`` is kept next."""
    every = options.kept_every(experts)
    return min(options.schedule.steps, (step // every + 1) * every)


def beginning(task: ExpertTask, experts: range) -> BlockState:
    """State of a block before its first step."""
    parameters = torch.stack([task.shape.initial(task.seed, expert) for expert in experts])
    return BlockState(
        step=0,
        parameters=parameters,
        mean=torch.zeros_like(parameters),
        square=torch.zeros_like(parameters),
        loss=math.inf,
        seconds=0.0,
    )


def advance(
    task: ExpertTask, experts: range, state: BlockState, options: StackedConfig, until: int
) -> BlockState:
    """Train a block from where it stands to step ``until``.

    The result is the same to the last bit wherever this happens and however the way is cut:
    batches and initial parameters depend on (seed, expert id) alone, the stack has the same
    layout everywhere, and one thread does the arithmetic. Adam works element by element, so the
    sum of the experts' losses trains each as if it were alone; gradients are clipped per expert.
    """
    started = time.perf_counter()
    parameters, mean, square = (
        each.clone() for each in (state.parameters, state.mean, state.square)
    )
    counted = torch.tensor(float(state.step))
    ids = torch.arange(experts.start, experts.stop)
    size = batch_per_expert(options, task.experts)
    schedule = options.schedule
    warmup = int(options.warmup * schedule.steps)
    losses_and_gradient = StackGradient(task.shape, task.loss, parameters, size)
    gradient = losses_and_gradient.gradient
    total = torch.zeros(())
    with one_thread(), flushed_denormals(), torch.no_grad():
        for step, rows in _drawn(task, experts, state.step, until, size):
            factor = learning_rate_factor(step, schedule.steps, "cosine", warmup)
            x, y = (_taken(each, rows) for each in (task.inputs, task.targets))
            losses = losses_and_gradient(task.localise(x, ids), y)
            if options.clip_norm is not None:
                norms = gradient.norm(dim=1, keepdim=True)
                gradient.mul_((options.clip_norm / (norms + 1e-6)).clamp(max=1.0))
            # The function, not the class, whose first object imports torch's compiler: that
            # takes longer than a short training.
            adamw(
                [parameters],
                [gradient],
                [mean],
                [square],
                [],
                [counted],
                fused=True,
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=schedule.learning_rate * factor,
                weight_decay=options.weight_decay or 0.0,
                eps=1e-8,
                maximize=False,
            )
            total += losses.mean()
    loss = float(total) / max(1, until - state.step)
    finite = bool(torch.isfinite(parameters).all())
    return BlockState(
        step=until,
        parameters=parameters,
        mean=mean,
        square=square,
        loss=loss if finite else math.nan,
        seconds=state.seconds + time.perf_counter() - started,
    )


def _drawn(
    task: ExpertTask, experts: range, first: int, until: int, size: int
) -> Iterator[tuple[int, Tensor]]:
    """Yield each step with the rows ``(e, size)`` of its batches."""
    for start in range(first, until, DRAWN_AT_ONCE):
        steps = min(DRAWN_AT_ONCE, until - start)
        drawn = np.stack([task.batches(expert, start, steps, size) for expert in experts], axis=1)
        for offset, rows in enumerate(torch.from_numpy(drawn)):
            yield start + offset, rows


def _taken(values: Tensor, rows: Tensor) -> Tensor:
    """Entries of ``values`` at ``rows (e, size)``; twice as fast as indexing."""
    return values.index_select(0, rows.flatten()).view(*rows.shape, *values.shape[1:])
