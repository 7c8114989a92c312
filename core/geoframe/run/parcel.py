"""A run directory as bytes and back, for objects that travel between processes."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

LEFT_OUT = (".lock", ".tmp-")
"""How names of files begin that belong to a process and not to the run."""


def pack_run(folder: Path) -> bytes:
    """Return the files of a run directory as one archive."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.startswith(LEFT_OUT):
                archive.add(path, arcname=path.relative_to(folder).as_posix(), recursive=False)
    return stream.getvalue()


def unpack_run(content: bytes, folder: Path) -> None:
    """Write the files of an archive of :func:`pack_run` into a new folder."""
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder, filter="data")
