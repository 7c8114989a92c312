"""The progress bar: a hook plugin of the CLI's own, on stderr."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from geoframe.hooks import hookimpl
from geoframe.text import one_line

if TYPE_CHECKING:
    from geoframe.run.directory import Run

SHOWN = 4
"""Scalars beside the bar."""


class Progress:
    """Shows the step and the newest scalars of a run."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[values]}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )

    @hookimpl
    def geoframe_run_started(self, run: Run) -> None:
        """Show an empty bar."""
        self._task = self._bar.add_task(one_line(run.method_name), total=None, values="")
        self._bar.start()

    @hookimpl
    def geoframe_metrics(self, step: int, total: int, values: Mapping[str, float]) -> None:
        """Move the bar."""
        finite = [(name, value) for name, value in values.items() if math.isfinite(value)]
        text = "  ".join(f"{one_line(name)} {value:.4g}" for name, value in finite[:SHOWN])
        self._bar.update(self._task, completed=step, total=total or None, values=text)

    @hookimpl
    def geoframe_run_finished(self) -> None:
        """Take the bar away."""
        self._bar.stop()

    @hookimpl
    def geoframe_run_failed(self) -> None:
        """Take the bar away."""
        self._bar.stop()
