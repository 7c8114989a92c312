"""What a run should remember about the world it ran in."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from typing import Any

from geoframe.run.redaction import redacted_arguments

DISTRIBUTIONS = ("geoframe-core", "torch", "numpy", "accelerate", "safetensors")


def describe_environment(distributions: Iterable[str], seed: int) -> dict[str, Any]:
    """Collect time, command line without passwords, versions, platform and the folder's git state.

    Parameters
    ----------
    distributions
        The plugins whose versions matter, besides geoframe and torch.
    seed
        The run's seed.
    """
    versions = {}
    for name in sorted({*DISTRIBUTIONS, *distributions}):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": redacted_arguments(sys.argv),
        "seed": seed,
        "versions": versions,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "git": _git_state(),
    }


def _git_state() -> dict[str, Any] | None:
    """Commit of the current folder, and whether tracked files differ from it.

    A repository's own configuration may name programs, and the folder may be somebody else's: hooks
    and monitors are off, nothing is fetched, and where the repository declares filters, which git
    would run to compare files, ``changed`` is None.
    """
    safe = ["-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"]
    environment = {**os.environ, "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}

    def git(*arguments: str, allowed: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            ["git", "--no-optional-locks", *safe, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=10,
            env=environment,
        )
        if done.returncode not in allowed:
            raise subprocess.SubprocessError(f"git {arguments[0]} failed")
        return done.stdout.strip()

    try:
        commit = git("rev-parse", "HEAD")
        filters = ("--get-regexp", r"^filter\..*\.(clean|smudge|process)$")
        scopes = [
            git("config", scope, "--includes", *filters, allowed=(0, 1, 128)) for scope in _OWN
        ]
        changed = None if any(scopes) else bool(git("status", *_TRACKED))
    except (OSError, subprocess.SubprocessError):
        return None  # no git, or not a repository: nothing to remember
    return {"commit": commit, "changed": changed}


_OWN = ("--local", "--worktree")
"""What of git's configuration lies in the repository itself."""
_TRACKED = ("--porcelain", "--untracked-files=no", "--ignore-submodules=all")
