"""A folder of TensorBoard events."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import summary_v2 as hparams
from tensorboard.summary.writer.event_file_writer import EventFileWriter

VARIABLE = "GEOFRAME_TENSORBOARD"
"""Environment variable that names a folder to write below, instead of the run directories."""


def folder_of(run: Path) -> Path:
    """Return where the events of a run go."""
    root = os.environ.get(VARIABLE)
    if not root:
        return run / "tensorboard"
    # Runs are called by time; the folder above is the method.
    return Path(root).expanduser() / run.parent.name / run.name


class EventLog:
    """Writes scalars and options.

    Parameters
    ----------
    folder
        Where; made if it is missing. Events that are there stay.
    first
        The first step. What an interrupted run wrote from there on is no longer shown.
    """

    def __init__(self, folder: Path, *, first: int) -> None:
        self.last = first
        self._writer = EventFileWriter(str(folder))
        start = SessionLog(status=SessionLog.START)
        self._writer.add_event(Event(wall_time=time.time(), step=first, session_log=start))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write the finite ones of ``values`` at ``step``."""
        finite = [
            Summary.Value(tag=name, simple_value=value)
            for name, value in values.items()
            if math.isfinite(value)
        ]
        self._write(Summary(value=finite), step)
        self.last = max(self.last, step)

    def options(self, config: Mapping[str, Any], metrics: Sequence[str]) -> None:
        """Write the options of a finished run, to be shown beside the scalars named."""
        shown = [hparams.Metric(name) for name in metrics]
        self._write(hparams.hparams_config_pb(hparams=[], metrics=shown), 0)
        self._write(hparams.hparams_pb(dict(flat(config))), 0)

    def close(self) -> None:
        """Flush and close the file."""
        self._writer.close()

    def _write(self, summary: Summary, step: int) -> None:
        self._writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))


def flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the options of nested tables by dotted key; arrays as text."""
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value) if isinstance(value, list) else value
