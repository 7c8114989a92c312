"""Texts with one node a line and those it leads to: adjacency lists, and Cytoscape's SIF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_data.files import UserFile
from geoframe_data.graph import Graph


def read_adjacency(file: UserFile) -> Graph:
    """Read a node, maybe with a colon behind it, and all that it leads to, a line each.

    Networkx writes its adjacency lists so, make its rules, and ``git rev-list --parents`` its
    commits. Lines that begin with ``#`` are comments.

    Raises
    ------
    DataError
        If a line names no node.
    """
    lists = []
    for number, line in _lines(file):
        head, colon, rest = line.partition(":")
        words = [head.strip(), *rest.split()] if colon and " " not in head.strip() else line.split()
        if not words[0]:
            raise DataError(f"{file.path}:{number}: names no node before the colon")
        lists.append(words)
    return _graph(file, lists)


def read_sif(file: UserFile) -> Graph:
    """Read a node, how it is related, and all that it is so related to, a line each.

    Cells are separated by tabs if there are any, else by blanks; a node without relations stands
    alone. What the relations are called is not kept.

    Raises
    ------
    DataError
        If a line names a relation and no node behind it.
    """
    lists, kinds = [], set()
    tabs = "\t" in file.text()
    for number, line in _lines(file):
        words = [word.strip() for word in line.split("\t")] if tabs else line.split()
        if len(words) == 2 or not all(words):
            raise DataError(
                f"{file.path}:{number}: '{shown(line)}' is no node, relation and further nodes"
            )
        kinds |= {*words[1:2]}
        lists.append([words[0], *words[2:]])
    note = f"kinds of relations, which are not told apart: {', '.join(sorted(map(shown, kinds)))}"
    graph = _graph(file, lists)
    return graph.noted(note) if len(kinds) > 1 else graph


def _lines(file: UserFile) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(file.text().splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            yield number, line.rstrip()


def _graph(file: UserFile, lists: Iterable[list[str]]) -> Graph:
    index: dict[str, int] = {}
    edges = []
    for head, *others in lists:
        here = index.setdefault(head, len(index))
        edges += [(here, index.setdefault(each, len(index))) for each in others]
    if not edges:
        raise DataError(f"{file.path}: no line names a node and another that it leads to")
    return Graph(
        names=tuple(index),
        edges=np.array(edges, dtype=np.int64).reshape(-1, 2),
        origin=str(file.path),
    )
