"""Calling pip for the environment that this command runs in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import click

FOREIGN = "geoframe"
"""Another project's distribution on PyPI, whose package would overwrite ours."""


def requirement(name: str) -> str:
    """Return what pip should be asked for: ``"nst"`` -> ``"geoframe-nst"``.

    Raises
    ------
    PluginError
        If that would be another project.
    """
    from geoframe.errors import PluginError
    from geoframe_registry.discovery import KNOWN

    if os.path.exists(name) and (os.path.sep in name or name.endswith(".whl")):
        return name
    if name.partition("==")[0] == FOREIGN:
        raise PluginError(f"'{FOREIGN}' on PyPI is another project; ours is geoframe-core")
    return KNOWN.get(name, name)


def call_pip(*arguments: str) -> None:
    """Run pip; exit with 1 if it fails."""
    # With -P it is pip that runs, not a 'pip.py' of the current folder.
    command = [sys.executable, "-P", "-m", "pip", *arguments]
    click.echo(" ".join(["python", *command[2:]]), err=True)
    if subprocess.run(command).returncode != 0:
        sys.exit(1)


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Tell names from what was given to pip itself, after ``--``."""
    names = [word for word in words if not word.startswith("-")]
    return names, [word for word in words if word.startswith("-")]
