"""What a run should remember about the world it ran in."""

from __future__ import annotations

import datetime
import platform
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from typing import Any

DISTRIBUTIONS = ("geoframe-core", "torch", "numpy", "accelerate", "safetensors")


def describe_environment(distributions: Iterable[str], seed: int) -> dict[str, Any]:
    """Collect time, command line, versions, platform and the state of the folder's git.

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
        "command": sys.argv,
        "seed": seed,
        "versions": versions,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "git": _git_state(),
    }


def _git_state() -> dict[str, Any] | None:
    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, check=True, timeout=10
        )
        return done.stdout.strip()

    try:
        return {
            "commit": git("rev-parse", "HEAD"),
            "changed": bool(git("status", "--porcelain", "--untracked-files=no")),
        }
    except (OSError, subprocess.SubprocessError):
        return None  # no git, or not a repository: nothing to remember
