"""Directory trees, lists of paths, and indented outlines."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from geoframe.data import listed
from geoframe.errors import DataError
from geoframe_data.files import UserFile
from geoframe_data.graph import Graph

BULLETS = ("- ", "* ", "+ ")
"""Marks of the members of a list in Markdown."""


def read_folder(path: Path, *, skip: frozenset[str] = frozenset({"__pycache__"})) -> Graph:
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
    return tree.noted(note + listed([str(each.filename) for each in closed]))


def _printable(path: str) -> str:
    """Show bytes of a file name that are not UTF-8, which no text file could hold."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def read_paths(file: UserFile) -> Graph:
    """Read a text file with one path (``animals/birds/owl``) a line.

    A path names all its beginnings too. If all have the first part in common, that is the root;
    otherwise the root is ``.``.

    Raises
    ------
    DataError
        If a path has an empty part.
    """
    lines = [line.strip().strip("/") for line in file.text().splitlines()]
    for number, line in enumerate(lines, start=1):
        if "//" in line:
            raise DataError(f"{file.path}:{number}: the path has an empty part")
    found = [line for line in lines if line]
    tops = {line.partition("/")[0] for line in found}
    return tree_of_paths(found, str(file.path), top=tops.pop() if len(tops) == 1 else ".")


def read_indented(file: UserFile) -> Graph:
    """Read an outline: one node a line, indented further than the node it hangs from.

    Where all lines begin with a mark of a list (``- ``, ``* ``, ``+ ``), it is no part of a name.

    Raises
    ------
    DataError
        If a line is indented less than its siblings, but more than what they hang from.
    """
    names: list[str] = []
    edges: list[tuple[int, int]] = []
    open_levels: list[tuple[int, int]] = []  # indentation and node of the branch we are on
    for number, line in enumerate(file.text().splitlines(), start=1):
        if not line.strip():
            continue
        indent = len(line.expandtabs()) - len(line.expandtabs().lstrip())
        closed = None
        while open_levels and open_levels[-1][0] >= indent:
            closed = open_levels.pop()[0]
        if closed is not None and closed != indent:
            raise DataError(
                f"{file.path}:{number}: is indented by {indent}, which fits no line above it"
            )
        here = len(names)
        names.append(line.strip())
        if open_levels:
            edges.append((open_levels[-1][1], here))
        open_levels.append((indent, here))
    if all(name.startswith(BULLETS) for name in names):
        names = [name[2:].strip() for name in names]
    return Graph(names=names, edges=edges, directed=True, origin=str(file.path))


def tree_of_paths(paths: Iterable[str], origin: str, *, top: str) -> Graph:
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
    return Graph(
        names=tuple(index),
        edges=np.array(edges, dtype=np.int64).reshape(-1, 2),
        directed=True,
        origin=origin,
    )
