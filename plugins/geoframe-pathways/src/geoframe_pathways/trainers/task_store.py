"""The task store: what driver and workers tell each other, over torch.distributed's TCP store.

A store, and no process group: nothing is ever reduced over the workers, and a group would fall
with its first member. Workers need no shared folder; tasks and states travel as safetensors
images, and nothing is unpickled.

The store itself asks nobody who he is. So it listens at one address, not at all of the machine's,
and every value is signed with a token that the processes share: what somebody else puts up is never
used. Values are not encrypted.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import os
import secrets
import socket
from datetime import timedelta
from typing import Any

import attrs
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from geoframe import RunError
from geoframe_pathways.experts.task import ExpertTask
from geoframe_pathways.trainers.block import BlockState
from geoframe_pathways.trainers.config import StackedConfig

PIECE = 64 * 2**20
"""Bytes of one value in the store."""
PATIENCE = timedelta(minutes=10)
"""How long a worker waits for the driver to put up the work."""
TOKEN = "GEOFRAME_TOKEN"
"""Environment variable with what the processes of a run share and nobody else knows."""
SIGNATURE = 32
"""Bytes before each value."""


def token_for(host: str) -> str:
    """Return the token of a run whose driver listens at ``host``.

    Raises
    ------
    RunError
        If other machines reach that address and no token is set.
    """
    if token := os.environ.get(TOKEN):
        return token
    if "RANK" in os.environ:  # the processes were started by somebody else
        if _is_loopback(host):
            return ""
        raise RunError(
            f"{host} can be reached from other machines: set {TOKEN} to the same secret for all "
            f"processes ({TOKEN}=$(openssl rand -hex 16))"
        )
    return secrets.token_hex(16)


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(_resolved(host)[1]).is_loopback


def _resolved(host: str) -> tuple[socket.AddressFamily, str]:
    """Return family and number of the address that a name stands for."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise RunError(f"trainer.address: '{host}' cannot be found: {error.strerror}") from None
    return family, str(address[0])


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens at ``host`` alone."""
    family, address = _resolved(host)
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
    except OSError as error:
        listening.close()
        raise RunError(
            f"trainer.address, trainer.port: cannot listen at {host}:{port}: {error.strerror}"
        ) from None
    listening.listen(socket.SOMAXCONN)
    return listening


class TaskStore:
    """One side's view of the store.

    Parameters
    ----------
    host, port
        Where the driver listens; port 0 takes a free one.
    driver
        Whether this side is the driver, which holds the store.
    token
        What all sides share and nobody else knows.
    """

    def __init__(self, host: str, port: int, *, driver: bool, token: str) -> None:
        self._token = token.encode()
        options: dict[str, Any] = {}
        if driver:
            listening = _listening(host, port)
            port = listening.getsockname()[1]
            options["master_listen_fd"] = listening.detach()
        self._store = TCPStore(
            host, port, is_master=driver, wait_for_workers=False, timeout=PATIENCE, **options
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
        signed = self._signature(key, value) + value
        self._store.set(key, signed)  # type: ignore[arg-type]  # the stub knows of text only

    def _get_one(self, key: str) -> bytes:
        signed: bytes = self._store.get(key)
        signature, value = signed[:SIGNATURE], signed[SIGNATURE:]
        if not hmac.compare_digest(signature, self._signature(key, value)):
            raise RunError(f"'{key}' on the task store was put up by somebody without the token")
        return value

    def _signature(self, key: str, value: bytes) -> bytes:
        return hmac.digest(self._token, key.encode() + b"\0" + value, "sha256")

    def _put(self, key: str, image: bytes) -> None:
        # In pieces, the last value written being the one that readers wait for.
        pieces = [image[start : start + PIECE] for start in range(0, len(image), PIECE)]
        for index, piece in enumerate(pieces[1:], start=1):
            self._set(f"{key}/{index}", piece)
        self._set(key, len(pieces).to_bytes(4, "little") + pieces[0])

    def _get(self, key: str) -> bytes:
        first = self._get_one(key)
        count = int.from_bytes(first[:4], "little")
        rest = [self._get_one(f"{key}/{index}") for index in range(1, count)]
        return b"".join([first[4:], *rest])
