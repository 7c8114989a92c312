"""The hooks: a log is opened when a run first has something to say, and closed when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from geoframe import hookimpl

if TYPE_CHECKING:
    from geoframe import Result
    from geoframe.run.directory import Run
    from geoframe_tensorboard.log import EventLog

# TensorBoard is imported when the first number comes: this module is imported at every run.

geoframe_api = 1

_logs: dict[Path, EventLog] = {}


@hookimpl
def geoframe_metrics(run: Run, step: int, values: Mapping[str, float]) -> None:
    """Write the values at their step."""
    _log_of(run, step).scalars(step, values)


@hookimpl
def geoframe_run_finished(run: Run, result: Result) -> None:
    """Write the results beside the options, and close the log."""
    from geoframe.config import unstructure

    log = _log_of(run, 0)
    numbers = {
        f"result/{name}": float(value)
        for name, value in result.metrics.items()
        if isinstance(value, int | float)
    }
    log.scalars(log.last, numbers)
    log.options(unstructure(run.config), sorted(numbers))
    _close(run)


@hookimpl
def geoframe_run_failed(run: Run) -> None:
    """Close the log; if the run is resumed, another file in the same folder continues it."""
    _close(run)


def _log_of(run: Run, step: int) -> EventLog:
    from geoframe_tensorboard.log import EventLog, folder_of

    if run.path not in _logs:
        _logs[run.path] = EventLog(folder_of(run.path), first=step)
    return _logs[run.path]


def _close(run: Run) -> None:
    # A method may log parts of a run in folders inside it.
    for path in [path for path in _logs if path == run.path or run.path in path.parents]:
        _logs.pop(path).close()
