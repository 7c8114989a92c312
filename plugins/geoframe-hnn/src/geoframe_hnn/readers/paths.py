"""Directory trees and lists of paths."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import attrs
import numpy as np

from geoframe.data import listed, read_text
from geoframe.errors import DataError
from geoframe_hnn.raw import RawTree


def read_folder(path: Path, *, skip: frozenset[str] = frozenset({"__pycache__"})) -> RawTree:
    """Read the directory tree below a folder, files included; links are not followed.

    Nodes are named by their paths relative to the folder, which itself is ``.``; bytes that are
    not UTF-8 are shown as ``\\xff``. A folder that cannot be listed is a leaf, and a note says so.

    Parameters
    ----------
    skip
        Names of folders to leave out, with all that is in them.

    Raises
    ------
    DataError
        If there is no such folder, or it cannot be listed.
    """
    if not path.is_dir():
        raise DataError(f"{path}: no such folder")
    closed: list[OSError] = []
    found: list[str] = []
    for folder, folders, files in os.walk(path, onerror=closed.append):
        folders[:] = sorted(name for name in folders if name not in skip)
        at = Path(folder).relative_to(path)
        found += [_printable((at / name).as_posix()) for name in [*folders, *sorted(files)]]
    if closed and not found:
        raise DataError(f"{path}: cannot be listed: {closed[0].strerror}")
    tree = tree_of_paths(found, str(path), top=".")
    if not closed:
        return tree
    note = f"{len(closed)} folders could not be listed and stand without what is in them: "
    return attrs.evolve(tree, repairs=(note + listed([str(each.filename) for each in closed]),))


def _printable(path: str) -> str:
    """Show bytes of a file name that are not UTF-8, which no text file could hold."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def read_paths(path: Path) -> RawTree:
    """Read a text file with one path (``animals/birds/owl``) a line.

    A path names all its beginnings too. If all have the first part in common, that is the root;
    otherwise the root is ``.``.

    Raises
    ------
    DataError
        If a path has an empty part.
    """
    lines = [line.strip().strip("/") for line in read_text(path).splitlines()]
    for number, line in enumerate(lines, start=1):
        if "//" in line:
            raise DataError(f"{path}:{number}: the path has an empty part")
    found = [line for line in lines if line]
    tops = {line.partition("/")[0] for line in found}
    return tree_of_paths(found, str(path), top=tops.pop() if len(tops) == 1 else ".")


def tree_of_paths(paths: Iterable[str], origin: str, *, top: str) -> RawTree:
    """Make a tree of slash-separated paths; ``top`` is the root's name."""
    index = {top: 0}
    edges: list[tuple[int, int]] = []
    for path in paths:
        above, parts = 0, path.split("/")
        start = 1 if parts[0] == top else 0
        for end in range(start + 1, len(parts) + 1):
            name = "/".join(parts[:end])
            if name not in index:
                index[name] = len(index)
                edges.append((above, index[name]))
            above = index[name]
    return RawTree(
        origin=origin,
        names=tuple(index),
        edges=np.array(edges, dtype=np.int64).reshape(-1, 2),
    )
