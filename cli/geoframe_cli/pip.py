"""Calling pip for the environment that this command runs in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable

import click

FOREIGN = "geoframe"
"""Another project's distribution on PyPI, whose package would overwrite ours."""

PIP_OPTIONS = "geoframe.pip_options"
"""Where a context keeps what stood after ``--``."""


class PipCommand(click.Command):
    """A command whose words after ``--`` are pip's own, kept apart and in their order."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what stands before ``--``."""
        at = args.index("--") if "--" in args else len(args)
        ctx.meta[PIP_OPTIONS] = args[at + 1 :]
        return super().parse_args(ctx, args[:at])


def requirement(name: str) -> str:
    """Return what pip should be asked for: ``"nst"`` -> ``"geoframe-nst"``.

    Raises
    ------
    PluginError
        If that would be another project.
    """
    from geoframe_registry.discovery import KNOWN

    if _is_local(name):
        return name
    refuse_foreign([name])
    return KNOWN.get(name, name)


def refuse_foreign(words: Iterable[str]) -> None:
    """Refuse the other project however it is written: with extras, a version, other capitals.

    Raises
    ------
    PluginError
        If one of the words would make pip install it.
    """
    from geoframe.errors import PluginError

    for word in words:
        if _project(word) == FOREIGN and not _is_local(word):
            raise PluginError(f"'{FOREIGN}' on PyPI is another project; ours is geoframe-core")


def is_known(name: str) -> bool:
    """Whether what ``name`` would install is a distribution that geoframe knows, or is here."""
    from geoframe_registry.discovery import KNOWN, OURS

    return _is_local(name) or _project(KNOWN.get(name, name)) in OURS


def call_pip(*arguments: str) -> None:
    """Run pip; exit with 1 if it fails."""
    # With -P it is pip that runs, not a 'pip.py' of the current folder.
    command = [sys.executable, "-P", "-m", "pip", *arguments]
    click.echo(" ".join(["python", *command[2:]]), err=True)
    if subprocess.run(command).returncode != 0:
        sys.exit(1)


def _is_local(name: str) -> bool:
    """Whether a name is a path: of a folder written as one, or of an archive."""
    archive = name.endswith((".whl", ".tar.gz", ".zip"))
    return os.path.exists(name) and (os.path.sep in name or archive)


def _project(word: str) -> str:
    """Return the project that a requirement begins with, as PyPI compares names; or ``""``."""
    begin = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*($|[\[(<>=!~;@,\s])", word)
    return re.sub(r"[-_.]+", "-", begin[1]).lower() if begin else ""
