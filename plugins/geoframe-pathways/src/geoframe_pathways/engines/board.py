"""The board: what driver and workers tell each other, over torch.distributed's TCP store.

A store, and no process group: nothing is ever reduced over the workers, and a group would fall
with its first member. Workers need no shared folder; tasks and states travel as safetensors
images, and nothing is unpickled.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import attrs
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from geoframe_pathways.engines.block import BlockState
from geoframe_pathways.engines.config import StackedConfig
from geoframe_pathways.task import ExpertTask

PIECE = 64 * 2**20
"""Bytes of one value in the store."""
PATIENCE = timedelta(minutes=10)
"""How long a worker waits for the driver to put up the work."""


class Board:
    """One side's view of the store.

    Parameters
    ----------
    host, port
        Where the driver listens; port 0 takes a free one.
    driver
        Whether this side is the driver, which holds the store.
    """

    def __init__(self, host: str, port: int, *, driver: bool) -> None:
        self._store = TCPStore(
            host, port, is_master=driver, wait_for_workers=False, timeout=PATIENCE
        )

    @property
    def port(self) -> int:
        """Port that the driver listens on."""
        return int(self._store.port)

    def put_work(
        self,
        task: ExpertTask,
        blocks: list[range],
        states: list[BlockState],
        pending: list[int],
        options: StackedConfig,
    ) -> None:
        """Put up everything that workers need (driver)."""
        for block in pending:
            self.put_state(block, states[block])
        self._put("task", task.to_bytes())
        work = {
            "blocks": [[block.start, block.stop] for block in blocks],
            "pending": pending,
            "options": {
                field.name: getattr(options, field.name) for field in attrs.fields(StackedConfig)
            },
        }
        self._put("work", json.dumps(work).encode())

    def get_work(self) -> tuple[ExpertTask, list[range], list[int], StackedConfig]:
        """Wait for the work and read it (worker)."""
        work: dict[str, Any] = json.loads(self._get("work"))
        blocks = [range(start, stop) for start, stop in work["blocks"]]
        task = ExpertTask.from_bytes(self._get("task"))
        return task, blocks, work["pending"], StackedConfig(**work["options"])

    def put_state(self, block: int, state: BlockState) -> None:
        """Put up how far a block is trained."""
        self._put(f"state/{block}", state.to_bytes())
        self._set(f"reached/{block}/{state.step}", b"1")

    def get_state(self, block: int) -> BlockState:
        """Read how far a block is trained."""
        return BlockState.from_bytes(self._get(f"state/{block}"))

    def reached(self, block: int, step: int) -> bool:
        """Whether a block's state at a step was put up."""
        return bool(self._store.check([f"reached/{block}/{step}"]))

    def forget(self, block: int) -> None:
        """Drop the state of a block that is done."""
        self._store.delete_key(f"state/{block}")

    def put_result(self, image: bytes) -> None:
        """Put up the trained experts for the other processes of a distributed run (driver)."""
        self._put("result", image)

    def get_result(self, patience: timedelta) -> bytes:
        """Wait for the trained experts."""
        self._store.wait(["result"], patience)
        return self._get("result")

    def leave(self, rank: int) -> None:
        """Tell the driver that this process needs the store no more."""
        self._set(f"left/{rank}", b"1")

    def wait_until_left(self, ranks: range) -> None:
        """Wait until other processes have left (driver)."""
        if len(ranks):
            self._store.wait([f"left/{rank}" for rank in ranks], PATIENCE)

    def _set(self, key: str, value: bytes) -> None:
        self._store.set(key, value)  # type: ignore[arg-type]  # the stub knows of text only

    def _put(self, key: str, image: bytes) -> None:
        # In pieces, the last value written being the one that readers wait for.
        pieces = [image[start : start + PIECE] for start in range(0, len(image), PIECE)]
        for index, piece in enumerate(pieces[1:], start=1):
            self._set(f"{key}/{index}", piece)
        self._set(key, len(pieces).to_bytes(4, "little") + pieces[0])

    def _get(self, key: str) -> bytes:
        first: bytes = self._store.get(key)
        count = int.from_bytes(first[:4], "little")
        rest = [self._store.get(f"{key}/{index}") for index in range(1, count)]
        return b"".join([first[4:], *rest])
