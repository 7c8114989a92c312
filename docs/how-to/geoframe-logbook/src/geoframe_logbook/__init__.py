"""A logbook of all runs: one JSON line for each that ended, in runs/logbook.jsonl."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoframe import hookimpl

if TYPE_CHECKING:
    from geoframe import Result
    from geoframe.run.directory import Run

geoframe_api = 1


@hookimpl
def geoframe_run_finished(run: Run, result: Result) -> None:
    """Note where the run is and what it measured."""
    _note(run, ended="well", metrics=dict(result.metrics))


@hookimpl
def geoframe_run_failed(run: Run, error: BaseException) -> None:
    """Note where the run is and why it ended; Ctrl-C comes here too."""
    _note(run, ended=f"{type(error).__name__}: {error}")


def _note(run: Run, **facts: Any) -> None:
    path = Path(os.environ.get("GEOFRAME_LOGBOOK", "runs/logbook.jsonl"))
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {"run": str(run.path), "method": run.method_name, "seed": run.config.seed, **facts}
    # A line in one write, at the end of the file: runs that end at once do not mix theirs.
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
