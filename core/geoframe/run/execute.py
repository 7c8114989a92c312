"""Carrying a run out, from its first hook to its result."""

from __future__ import annotations

import random
import shutil
from contextlib import suppress

import numpy as np
import torch

from geoframe.errors import ConfigError, DataError, PluginError, RunError
from geoframe.importing import contained
from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe.text import one_line


def seed_everything(seed: int) -> None:
    """Seed Python, numpy and torch (all devices)."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def execute(run: Run) -> Result:
    """Run the method on its config, keep the result, and tell the hooks.

    Whatever the method raises is passed on after the ``geoframe_run_failed`` hook.
    """
    try:
        return _carried_out(run)
    finally:
        run.close()


def tell_finished(run: Run) -> None:
    """Tell the hooks of a finished run what came out, unless they know it.

    A run that was killed between its results and its report gets the report so, when it is resumed.
    """
    if run.main_process and not run.reported:
        kept = run.results
        _tell(run, Result(metrics=kept["metrics"], tables=kept["tables"], notes=kept["notes"]))


def _tell(run: Run, result: Result) -> None:
    run.fire("geoframe_run_finished", run=run, result=result)
    run.record(reported=True)


def _carried_out(run: Run) -> Result:
    seed_everything(run.config.seed)
    run.fire("geoframe_run_started", run=run)
    try:
        with contained(f"method '{run.method_name}', or a component of it,"):
            result = run.method.run(run.config, run)
        run.write_result(result)
    except BaseException as error:
        run.fire("geoframe_run_failed", run=run, error=error)
        _put_away(run, error)
        raise
    _tell(run, result)
    return result


def _put_away(run: Run, error: BaseException) -> None:
    """Leave no directory behind a mistake that the user mends before anything is trained.

    The corrected command then finds its place free. Of other failures the manifest keeps a line,
    which ``geoframe runs`` shows.
    """
    if not run.main_process:
        return
    mistake = isinstance(error, DataError | ConfigError | PluginError)
    if mistake and not any(run.path.rglob("*.safetensors")):
        shutil.rmtree(run.path, ignore_errors=True)
    elif isinstance(error, Exception):
        with suppress(RunError):  # a full disk is told as what it is
            run.record(failure=one_line(f"{type(error).__name__}: {error}"))
