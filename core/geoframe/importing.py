"""Importing what strangers wrote: whatever it raises or prints there disturbs nobody else."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from geoframe.errors import PluginError
from geoframe.text import one_line


def import_target(target: str, label: str, distribution: str) -> Any:
    """Import what an entry point names.

    What is printed meanwhile goes to stderr, so that it cannot get into the JSON of a verb.

    Parameters
    ----------
    target
        ``"module:attribute"``, or ``"module"`` alone.
    label
        What it is, for the message: ``"geometry 'sphere' of geoframe-spaces 0.1.0"``.
    distribution
        Who brings it.

    Raises
    ------
    PluginError
        In one line, if it cannot be imported, whatever the reason.
    """
    module, _, attribute = target.partition(":")
    try:
        with redirect_stdout(sys.stderr):
            loaded = importlib.import_module(module)
            return getattr(loaded, attribute) if attribute else loaded
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, or the panic of a compiled extension
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise PluginError(
            f"{label} cannot be loaded from '{target}': {reason}; "
            f"reinstall or remove {distribution}"
        ) from error


@contextmanager
def contained(what: str) -> Iterator[None]:
    """Keep a plugin's code from ending the process, as ``sys.exit`` would, as if all were well.

    Parameters
    ----------
    what
        Whose code it is, for the message: ``"method 'nst'"``.

    Raises
    ------
    PluginError
        If it does, in one line.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # SystemExit, or the panic of a compiled extension
        reason = one_line(f"{type(error).__name__}: {error}")
        raise PluginError(f"{what} ended the run by {reason}; tell its authors") from error
