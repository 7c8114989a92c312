"""The default engine: block after block in this process."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from geoframe import Objective, Trainer, Training
from geoframe.run.directory import Run
from geoframe.training.gradient import GradientTrainer
from geoframe.training.interrupt import deferred_interrupt
from geoframe_pathways.experts.objective import ExpertsObjective
from geoframe_pathways.trainers.block import advance, next_stop
from geoframe_pathways.trainers.block_checkpoints import BlockCheckpoints
from geoframe_pathways.trainers.config import StackedConfig


class BlockTrainer(Trainer):
    """Base of the engines: trains an objective of many experts block by block.

    An objective that is not divisible is a single piece of work, which the gradient trainer of
    the core does in this process.

    Parameters
    ----------
    **options
        The fields of ``Config``.
    """

    Config: ClassVar[type[StackedConfig]] = StackedConfig

    def __init__(self, **options: Any) -> None:
        self.options = self.Config(**options)

    def fit(self, objective: Objective, run: Run | None = None) -> Training:
        """Train ``objective`` in place; see :meth:`geoframe.Trainer.fit`."""
        if not isinstance(objective, ExpertsObjective):
            return self._gradient_trainer().fit(objective, run)
        checkpoints = BlockCheckpoints(objective, self.options, run)
        if checkpoints.pending:
            self.train(checkpoints)
        return checkpoints.finish()

    @abstractmethod
    def train(self, checkpoints: BlockCheckpoints) -> None:
        """Bring every pending block of the checkpoints to its last step."""

    def _gradient_trainer(self) -> GradientTrainer:
        options, schedule = self.options, self.options.schedule
        return GradientTrainer(
            steps=schedule.steps,
            learning_rate=schedule.learning_rate,
            batch_size=schedule.batch_size,
            weight_decay=options.weight_decay or 0.0,
            schedule="cosine",
            warmup=int(options.warmup * schedule.steps),
            clip_norm=options.clip_norm,
            checkpoint_every=options.kept_every(options.block),
            device="cpu",
        )


class StackedTrainer(BlockTrainer):
    """Trains a block's experts as one stack of matrices, block after block."""

    def train(self, checkpoints: BlockCheckpoints) -> None:
        """Bring every pending block of the checkpoints to its last step."""
        train_here(checkpoints)


def train_here(checkpoints: BlockCheckpoints) -> None:
    """Train pending blocks in this process; an interrupt is obeyed after a state was kept."""
    task, options = checkpoints.objective.task, checkpoints.options
    with deferred_interrupt() as interrupt:
        for block in checkpoints.pending:
            experts = checkpoints.blocks[block]
            while (state := checkpoints.states[block]).step < options.schedule.steps:
                until = next_stop(state.step, options, len(experts))
                checkpoints.keep(block, advance(task, experts, state, options, until))
                if interrupt.requested:
                    raise KeyboardInterrupt
