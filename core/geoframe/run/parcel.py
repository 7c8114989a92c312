"""A run directory as bytes and back, for objects that travel between processes."""

from __future__ import annotations

import io
import shutil
import tarfile
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

LEFT_OUT = (".lock", ".tmp-*")
"""Patterns of files and folders that belong to a process and not to the run."""


def copy_run(folder: Path, target: Path) -> None:
    """Copy the files of a run directory into a new folder."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns(*LEFT_OUT))


def pack_run(folder: Path) -> bytes:
    """Return the files of a run directory as one archive."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as archive:
        archive.add(folder, arcname=".", filter=_of_the_run)
    return stream.getvalue()


def _of_the_run(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Pass over what is left out; of a folder, all that is in it."""
    name = PurePosixPath(entry.name).name
    return None if any(fnmatch(name, pattern) for pattern in LEFT_OUT) else entry


def unpack_run(content: bytes, folder: Path) -> None:
    """Write the files of an archive of :func:`pack_run` into a new folder."""
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder, filter="data")
