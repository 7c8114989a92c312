"""The engine on a Ray cluster (optional: geoframe-pathways[ray])."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs

from geoframe import PluginError, RunError
from geoframe_pathways.experts.task import ExpertTask
from geoframe_pathways.trainers.block import BlockState, advance, next_stop
from geoframe_pathways.trainers.block_checkpoints import BlockCheckpoints
from geoframe_pathways.trainers.config import RayConfig, StackedConfig
from geoframe_pathways.trainers.stacked import BlockTrainer, train_here

ONE_THREAD = {"env_vars": {"OMP_NUM_THREADS": "1"}}
"""Environment of the actors."""


class Shard:
    """An actor: holds the task and trains blocks on request.

    Parameters
    ----------
    task
        Image of the task, which Ray keeps once per machine.
    options
        Fields of the engine's options.
    """

    def __init__(self, task: bytes, options: dict[str, Any]) -> None:
        self.task = ExpertTask.from_bytes(task)
        self.options = StackedConfig(**options)

    def advance(self, experts: range, state: bytes, until: int) -> bytes:
        """Train a block from a state to a step; state in, state out."""
        known = BlockState.from_bytes(state)
        return advance(self.task, experts, known, self.options, until).to_bytes()


class RayTrainer(BlockTrainer):
    """Trains blocks in the actors of a Ray cluster.

    Every actor owns one core and takes block after block. For an actor that is lost, alone or
    with its machine, another is started where there is room, and goes on at the last kept state.

    Parameters
    ----------
    **options
        The fields of :class:`~geoframe_pathways.trainers.config.RayConfig`.
    """

    Config = RayConfig
    options: RayConfig

    def train(self, checkpoints: BlockCheckpoints) -> None:
        """Bring every pending block of the checkpoints to its last step."""
        ray = _ray()
        if len(checkpoints.pending) == 1:  # nothing to share out
            train_here(checkpoints)
            return
        with _cluster(ray, self.options.address):
            cores = int(ray.cluster_resources().get("CPU", 1))
            count = max(1, min(self.options.workers or cores, len(checkpoints.pending)))
            shard = ray.remote(num_cpus=1, runtime_env=ONE_THREAD)(Shard)
            plain = {field.name: getattr(self.options, field.name) for field in _FIELDS}
            task = ray.put(checkpoints.objective.task.to_bytes())
            self._drive(ray, lambda: shard.remote(task, plain), count, checkpoints)

    def _drive(
        self, ray: Any, start: Callable[[], Any], count: int, checkpoints: BlockCheckpoints
    ) -> None:
        waiting = deque(checkpoints.pending)
        failures: Counter[int] = Counter()
        running: dict[Any, tuple[Any, int]] = {}

        def send(actor: Any, block: int) -> None:
            state = checkpoints.states[block]
            experts = checkpoints.blocks[block]
            until = next_stop(state.step, self.options, len(experts))
            call = actor.advance.remote(experts, state.to_bytes(), until)
            running[call] = (actor, block)

        try:
            for _ in range(count):
                send(start(), waiting.popleft())
            while running:
                (done,), _ = ray.wait(list(running), num_returns=1)
                actor, block = running.pop(done)
                try:
                    image = ray.get(done)
                except ray.exceptions.RayActorError as error:
                    failures[block] += 1
                    if failures[block] > self.options.retries:
                        raise RunError(
                            f"Ray lost the actor of experts {checkpoints.blocks[block].start} and "
                            f"on {failures[block]} times ({type(error).__name__}); what was "
                            "finished is kept, continue with --resume"
                        ) from error
                    ray.kill(actor)
                    send(start(), block)
                    continue
                checkpoints.keep(block, BlockState.from_bytes(image))
                if checkpoints.states[block].step < self.options.schedule.steps:
                    send(actor, block)
                elif waiting:
                    send(actor, waiting.popleft())
                else:  # its core may be what the actor for a lost one is waiting for
                    ray.kill(actor)
        finally:
            for actor, _ in running.values():
                ray.kill(actor)


_FIELDS = attrs.fields(StackedConfig)


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise PluginError(
            "trainer 'ray' needs Ray: pip install 'geoframe-pathways[ray]', "
            "or take --set trainer.name=processes"
        ) from None
    return ray


@contextmanager
def _cluster(ray: Any, address: str | None) -> Iterator[None]:
    """Use the cluster that is there already, join one, or start one for as long as this lasts."""
    if ray.is_initialized():
        yield
        return
    options = {} if address is not None else {"num_cpus": os.cpu_count()}
    ray.init(address=address, include_dashboard=False, log_to_driver=False, **options)
    try:
        yield
    finally:
        ray.shutdown()
