"""Checkpoints: a folder each, complete or absent."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from geoframe.run.files import explained, read_json, read_tensors, write_json, write_tensors

if TYPE_CHECKING:
    from torch import Tensor


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

    def save(
        self, step: int, tensors: Mapping[str, Tensor], state: Mapping[str, Any], *, keep: int = 2
    ) -> None:
        """Write a checkpoint durably, then drop all but the newest ``keep``.

        Raises
        ------
        RunError
            If it cannot be written; older checkpoints are kept then.
        """
        final = self.path / f"step-{step:012d}"
        partial = self.path / f".tmp-{step}-{os.getpid()}"
        with explained(final):
            partial.mkdir(parents=True, exist_ok=True)
            try:
                write_tensors(partial / "state.safetensors", tensors)
                write_json(partial / "state.json", {"step": step, **state})
                if final.exists():  # the same step again, after a resume
                    shutil.rmtree(final)
                os.replace(partial, final)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
            for old in self._folders()[:-keep]:
                shutil.rmtree(old, ignore_errors=True)

    def last(self) -> Checkpoint | None:
        """Return the newest checkpoint, or None if there is none."""
        folders = self._folders()
        if not folders:
            return None
        state = read_json(folders[-1] / "state.json")
        tensors = read_tensors(folders[-1] / "state.safetensors")
        return Checkpoint(state["step"], tensors, state)

    def clear(self) -> None:
        """Drop every checkpoint, and what killed writers left."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _folders(self) -> list[Path]:
        return sorted(self.path.glob("step-*"))
