"""One process works in a run directory at a time; whoever only looks disturbs nobody."""

from __future__ import annotations

from pathlib import Path

import filelock

from geoframe.errors import RunError

NAME = ".lock"
PATIENCE = 1.0
"""Seconds to wait for a lock: one that is looked at is held for a moment by who looks."""


def lock(folder: Path, *, doing: str = "using this run directory") -> filelock.BaseFileLock:
    """Take the lock of a folder.

    Parameters
    ----------
    doing
        What the other process does, for the message.

    Raises
    ------
    RunError
        If another process holds it.
    """
    taken = filelock.FileLock(folder / NAME, timeout=PATIENCE, poll_interval=0.01)
    try:
        taken.acquire()
    except filelock.Timeout:
        raise RunError(f"{folder}: another process is {doing}") from None
    return taken


def in_use(folder: Path) -> bool:
    """Whether a process holds the lock of a folder; nothing is written.

    Others that look at the same time do not count.
    """
    path = folder / NAME
    if path.is_symlink() or not path.is_file():
        return False
    try:
        import fcntl
    except ImportError:  # Windows
        return _in_use_by_trying(path)
    try:
        with path.open("rb") as file:
            # The lock is let go when the file is closed.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # not ours to read, or a file system without locks
        return False
    return False


def _in_use_by_trying(path: Path) -> bool:
    trial = filelock.FileLock(path, timeout=0)
    try:
        trial.acquire()
    except filelock.Timeout:
        return True
    except OSError:
        return False
    trial.release()
    return False
