"""The engine of several processes, on this machine or on several."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta

from geoframe import RunError
from geoframe_pathways.experts.task import tensors_from_bytes, tensors_to_bytes
from geoframe_pathways.trainers.block import next_stop
from geoframe_pathways.trainers.block_checkpoints import BlockCheckpoints
from geoframe_pathways.trainers.config import ProcessesConfig
from geoframe_pathways.trainers.stacked import BlockTrainer, train_here
from geoframe_pathways.trainers.task_store import TOKEN, TaskStore, token_for
from geoframe_pathways.trainers.worker import work

POLL = 0.02
"""Seconds between looks at the task store."""
FOREVER = timedelta(days=365)
LOOPBACK = "127.0.0.1"


class ProcessesTrainer(BlockTrainer):
    """Trains blocks in worker processes that reach this one over TCP.

    Block ``b`` belongs to shard ``b mod shards``. A worker that dies is started again and goes
    on at the last state its driver kept; if the driver dies, its workers end, and a resumed run
    goes on at the last kept states too.

    Under ``accelerate launch`` or ``torchrun`` (``RANK``, ``WORLD_SIZE``, ``MASTER_ADDR``) the
    first process drives, at ``port``, and starts one worker beside it; the others are workers.
    Processes of several machines share the secret in the variable ``GEOFRAME_TOKEN``.

    Parameters
    ----------
    **options
        The fields of :class:`~geoframe_pathways.trainers.config.ProcessesConfig`.
    """

    Config = ProcessesConfig
    options: ProcessesConfig

    def train(self, checkpoints: BlockCheckpoints) -> None:
        """Bring every pending block of the checkpoints to its last step."""
        world = int(os.environ.get("WORLD_SIZE", "1"))
        if world > 1:
            self._train_as_one_of(checkpoints, int(os.environ["RANK"]), world)
            return
        if len(checkpoints.pending) == 1:  # nothing to share out
            train_here(checkpoints)
            return
        workers = min(self.options.workers or os.cpu_count() or 1, len(checkpoints.pending))
        token = token_for(self.options.address)
        store = TaskStore(self.options.address, self.options.port, driver=True, token=token)
        self._drive(store, checkpoints, token, own=range(workers), shards=workers)

    def _train_as_one_of(self, checkpoints: BlockCheckpoints, rank: int, world: int) -> None:
        if not self.options.port:
            raise RunError("trainer.port: several machines need a port that all of them know")
        here = os.environ.get("LOCAL_WORLD_SIZE") == str(world)
        host = LOOPBACK if here else os.environ.get("MASTER_ADDR", self.options.address)
        token = token_for(host)
        store = TaskStore(host, self.options.port, driver=rank == 0, token=token)
        if rank == 0:
            self._drive(store, checkpoints, token, own=range(1), shards=world)
            states = {
                str(index): state.parameters for index, state in enumerate(checkpoints.states)
            }
            store.put_result(tensors_to_bytes(states, {}))
            store.wait_until_left(range(1, world))
            return
        work(store, rank, world)
        trained, _ = tensors_from_bytes(store.get_result(FOREVER))
        for block in checkpoints.pending:
            checkpoints.adopt(block, trained[str(block)])
        store.leave(rank)

    def _drive(
        self,
        store: TaskStore,
        checkpoints: BlockCheckpoints,
        token: str,
        *,
        own: range,
        shards: int,
    ) -> None:
        """Start the shards ``own`` as processes here and keep what all shards report."""
        pending = checkpoints.pending
        store.put_work(
            checkpoints.objective.task,
            checkpoints.blocks,
            checkpoints.states,
            pending,
            self.options,
        )
        with _Crew(self.options, store.port, token, own, shards) as crew:
            while pending:
                before = len(pending)
                for block in list(pending):
                    stop = next_stop(
                        checkpoints.states[block].step,
                        self.options,
                        len(checkpoints.blocks[block]),
                    )
                    if not store.reached(block, stop):
                        continue
                    state = store.get_state(block)
                    checkpoints.keep(block, state)
                    if state.step == self.options.schedule.steps:
                        pending.remove(block)
                        store.forget(block)
                if len(pending) == before:
                    crew.restart_dead({block % shards for block in pending})
                    time.sleep(POLL)


class _Crew:
    """The worker processes of this machine."""

    def __init__(
        self, options: ProcessesConfig, port: int, token: str, own: range, shards: int
    ) -> None:
        self._options = options
        self._port = port
        self._token = token
        self._shards = shards
        self._retries = dict.fromkeys(own, options.retries)
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> _Crew:
        for shard in self._retries:
            self._start(shard)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.wait()

    def restart_dead(self, needed: set[int]) -> None:
        """Start workers again that ended although their shard is not done.

        Raises
        ------
        RunError
            If one died too often.
        """
        for shard in needed & self._processes.keys():
            code = self._processes[shard].poll()
            if code is None or code == 0:  # 0: done, and its last report is on the task store
                continue
            if not self._retries[shard]:
                raise RunError(
                    f"worker {shard} died {self._options.retries + 1} times (exit code {code}); "
                    "what it had finished is kept, continue with --resume"
                )
            self._retries[shard] -= 1
            self._start(shard)

    def _start(self, shard: int) -> None:
        address = self._options.address
        command = [sys.executable, "-P", "-m", "geoframe_pathways.trainers.worker"]
        arguments = [address, str(self._port), str(shard), str(self._shards)]
        self._processes[shard] = subprocess.Popen(
            [*command, *arguments],
            # Arguments can be seen by every user of the machine, the environment cannot.
            env={**os.environ, "OMP_NUM_THREADS": "1", TOKEN: self._token},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt at the terminal is the driver's to handle
        )
