"""Hooks of a run's life, for trackers, progress displays and reports.

A plugin is a module (entry-point group ``geoframe.plugins``) with functions marked
``@hookimpl``. An implementation may take any subset of the arguments, so hooks can grow without
breaking it. An implementation that raises is reported and never disturbs the run.

State the hook API that a plugin was written for as a module constant::

    geoframe_api = 1
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from geoframe.method import Result
    from geoframe.run.directory import Run

API_VERSION = 1
"""Grows when an existing hook changes so that an old plugin would break."""

hookspec = pluggy.HookspecMarker("geoframe")
hookimpl = pluggy.HookimplMarker("geoframe")


@hookspec
def geoframe_run_started(run: Run) -> None:
    """A run begins or goes on: its directory, config and manifest exist."""


@hookspec
def geoframe_metrics(run: Run, step: int, total: int, values: Mapping[str, float]) -> None:
    """Scalars were measured at ``step`` of ``total`` (0 if the end is not known)."""


@hookspec
def geoframe_run_finished(run: Run, result: Result) -> None:
    """A run ended well: ``results.json`` and all figures exist."""


@hookspec
def geoframe_run_failed(run: Run, error: BaseException) -> None:
    """A run ended with ``error``; its last checkpoint is kept."""
