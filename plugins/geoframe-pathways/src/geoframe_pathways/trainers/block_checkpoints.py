"""What is trained already: the driver's side of every engine."""

from __future__ import annotations

import math

import attrs
import torch
from torch import Tensor

from geoframe import RunError, Training
from geoframe.run.checkpoint import CheckpointStore
from geoframe.run.directory import Run
from geoframe_pathways.experts.objective import ExpertsObjective
from geoframe_pathways.trainers.block import BlockState, batch_per_expert, beginning, blocks_of
from geoframe_pathways.trainers.config import StackedConfig


class BlockCheckpoints:
    """States of all blocks of a training, kept in a run directory if there is one.

    Parameters
    ----------
    objective
        What is trained; :meth:`finish` writes the result into it.
    options
        The engine's options.
    run
        Where states are kept, each in a checkpoint folder of its block, and scalars logged.
    """

    def __init__(
        self, objective: ExpertsObjective, options: StackedConfig, run: Run | None
    ) -> None:
        self.objective = objective
        self.options = options
        self.run = run
        self.blocks = blocks_of(objective.task, options.block)
        self.states = [self._found(index) for index in range(len(self.blocks))]
        if run is not None:
            run.rewind(self._steps())

    @property
    def pending(self) -> list[int]:
        """Blocks that are not trained to the end."""
        last = self.options.schedule.steps
        return [index for index, state in enumerate(self.states) if state.step < last]

    def keep(self, block: int, state: BlockState) -> None:
        """Take note of a block's new state, durably.

        Raises
        ------
        RunError
            If the block's loss stopped being finite. Its last good state stays.
        """
        experts = self.blocks[block]
        if not math.isfinite(state.loss):
            raise RunError(
                f"the loss of experts {experts.start} to {experts.stop - 1} is not finite before "
                f"step {state.step}; the state of step {self.states[block].step} is kept; "
                "lower trainer.learning_rate or trainer.clip_norm"
            )
        self.states[block] = state
        if self.run is None:
            return
        if self.run.main_process:
            tensors = {"parameters": state.parameters}
            if state.step < self.options.schedule.steps:
                tensors |= {"mean": state.mean, "square": state.square}
            facts = {"loss": state.loss, "seconds": state.seconds}
            self._store(block).save(state.step, tensors, facts, keep=1)
        total = len(self.blocks) * self.options.schedule.steps
        self.run.log(self._steps(), total, {"loss": state.loss})

    def adopt(self, block: int, parameters: Tensor) -> None:
        """Take over the trained experts of a block that another process has kept."""
        self.states[block] = attrs.evolve(
            self.states[block], step=self.options.schedule.steps, parameters=parameters
        )

    def finish(self) -> Training:
        """Write the trained experts into the objective and tell how the training went."""
        task = self.objective.task
        with torch.no_grad():
            self.objective.experts.copy_(torch.cat([state.parameters for state in self.states]))
        self.objective.eval()
        size = batch_per_expert(self.options, task.experts)
        return Training(
            steps=self.options.schedule.steps,
            epochs=self.options.schedule.steps * size * task.experts / len(task.members),
            seconds=sum(state.seconds for state in self.states),
            stopped="steps",
        )

    def _steps(self) -> int:
        return sum(state.step for state in self.states)

    def _store(self, block: int) -> CheckpointStore:
        assert self.run is not None
        return self.run.checkpoints.within(f"block-{block:06d}")

    def _found(self, block: int) -> BlockState:
        start = beginning(self.objective.task, self.blocks[block])
        last = self._store(block).last() if self.run is not None else None
        if last is None:
            return start
        return BlockState(
            step=last.step,
            parameters=last.tensors["parameters"],
            mean=last.tensors.get("mean", start.mean),
            square=last.tensors.get("square", start.square),
            loss=last.state["loss"],
            seconds=last.state["seconds"],
        )
