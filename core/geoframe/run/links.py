"""No link inside a run directory is followed: it could lead to any file of the user's."""

from __future__ import annotations

import os
from pathlib import Path

from geoframe.errors import RunError

DEPTH = 8
"""Folders within folders that a run directory may have."""


def refuse_links(folder: Path) -> None:
    """Check that a run directory holds folders and regular files alone.

    ``folder`` itself may be a link.

    Raises
    ------
    RunError
        If there is a symbolic link in it, or folders lie deeper than ``DEPTH``.
    """
    waiting = [(folder, 0)]
    while waiting:
        path, depth = waiting.pop()
        if depth > DEPTH:
            raise RunError(f"{path}: lies deeper than a run directory has folders")
        try:
            entries = list(os.scandir(path))
        except OSError as error:
            raise RunError(f"{path}: cannot be read: {error.strerror}") from None
        for entry in entries:
            if entry.is_symlink():
                raise RunError(
                    f"{entry.path}: is a symbolic link, and none is followed inside a run "
                    "directory; put what it points to in its place"
                )
            if entry.is_dir(follow_symlinks=False):
                waiting.append((Path(entry.path), depth + 1))
