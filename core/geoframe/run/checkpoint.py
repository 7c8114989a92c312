"""Checkpoints: a folder each, complete or absent, and known by its digests."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from geoframe.errors import RunError
from geoframe.run.digests import SEAL, check_digest, check_seal, digest, sealed
from geoframe.run.files import (
    explained,
    flush_folder,
    read_json,
    read_regular,
    tensors_from_bytes,
    tensors_to_bytes,
    write_bytes,
    write_json,
)

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger("geoframe")

STATE, TENSORS = "state.json", "state.safetensors"
STEP, TEMPORARY, DAMAGED = "step-", ".tmp-", "damaged-"
"""How the folders of checkpoints begin: whole, not yet whole, and put aside."""


@attrs.frozen
class Checkpoint:
    """What was kept at one step."""

    step: int
    tensors: dict[str, Tensor]
    state: dict[str, Any]
    """JSON values that go with the tensors."""


@attrs.frozen
class CheckpointStore:
    """The ``checkpoints/`` folder of a run."""

    path: Path
    owner: str = ""
    """Which run, with which config, and which training in it; a checkpoint of another owner is not
    used. Empty: any."""

    def within(self, name: str) -> CheckpointStore:
        """Return a store in a folder of this one, with checkpoints of its own."""
        return CheckpointStore(self.path / name, self.owner and f"{self.owner}/{name}")

    def save(
        self, step: int, tensors: Mapping[str, Tensor], state: Mapping[str, Any], *, keep: int = 2
    ) -> None:
        """Write a checkpoint durably, then drop all but the newest ``keep``.

        Raises
        ------
        RunError
            If it cannot be written; older checkpoints are kept then.
        """
        final = self.path / f"{STEP}{step:012d}"
        partial = self.path / f"{TEMPORARY}{step}-{os.getpid()}"
        content = tensors_to_bytes(tensors)
        facts = {"step": step, "owner": self.owner, "tensors_sha256": digest(content), **state}
        with explained(final):
            partial.mkdir(parents=True, exist_ok=True)
            try:
                write_bytes(partial / TENSORS, content)
                write_json(partial / STATE, sealed(facts))
                if final.exists():  # the same step again, after a resume
                    shutil.rmtree(final)
                os.replace(partial, final)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
            flush_folder(self.path)
            for old in self._folders()[:-keep]:
                shutil.rmtree(old, ignore_errors=True)

    def last(self) -> Checkpoint | None:
        """Return the newest intact checkpoint, or None if there is none.

        One that is damaged, or belongs elsewhere, is told and put aside.
        """
        for folder in reversed(self._folders()):
            try:
                return self._read(folder)
            except RunError as error:
                log.warning("Warning: %s; the run goes on from what was kept before it", error)
                self._put_aside(folder)
        return None

    def clear(self) -> None:
        """Drop every checkpoint, and what killed writers left."""
        shutil.rmtree(self.path, ignore_errors=True)

    def sweep(self) -> None:
        """Drop what killed writers left."""
        for leftover in self.path.rglob(f"{TEMPORARY}*"):
            shutil.rmtree(leftover, ignore_errors=True)

    def _read(self, folder: Path) -> Checkpoint:
        path = folder / STATE
        state = read_json(path)
        if not isinstance(state, dict) or not isinstance(state.get("step"), int):
            raise RunError(f"{path}: is damaged: it is no JSON object with a 'step'")
        check_seal(path, state)
        content = read_regular(folder / TENSORS)
        if SEAL in state:
            check_digest(folder / TENSORS, content, [state.get("tensors_sha256")])
        elif self.owner:
            raise RunError(f"{path}: is damaged: it has no digest")
        if self.owner and state.get("owner") not in (self.owner, ""):
            raise RunError(f"{folder}: is a checkpoint of another run, or of another part of it")
        if folder.name != f"{STEP}{state['step']:012d}":
            raise RunError(f"{folder}: is the checkpoint of step {state['step']}")
        return Checkpoint(state["step"], tensors_from_bytes(folder / TENSORS, content), state)

    def _put_aside(self, folder: Path) -> None:
        aside = folder.with_name(DAMAGED + folder.name)
        with suppress(OSError):  # another process of the run may have done it
            shutil.rmtree(aside, ignore_errors=True)
            folder.rename(aside)

    def _folders(self) -> list[Path]:
        return sorted(self.path.glob(f"{STEP}*"))
