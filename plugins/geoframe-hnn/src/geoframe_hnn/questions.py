"""Questions about a tree's nodes, from the command line or a file, and their answers as rows."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import attrs
import numpy as np

from geoframe.data import shown
from geoframe.errors import DataError, did_you_mean
from geoframe_data.files import check_regular
from geoframe_hnn.trained import TrainedTree

STDIN = Path("-")
BLOCK = 2**16
"""Pairs that are measured in one go."""

Row = tuple[str | float, ...]

DISTANCE = ("u", "v", "distance", "tree_distance")
NEAREST = ("node", "neighbour", "distance", "tree_distance")
ANCESTOR = ("u", "v", "ancestor", "true_ancestor")
PRECEDES = ("u", "v", "precedes")
PARENTS = ("node", "parent", "in_tree")


@attrs.frozen
class QuestionFile:
    """A CSV file with the nodes of a question a line, of which one line at a time is in memory.

    Parameters
    ----------
    path
        The file, or ``-`` for standard input.
    columns
        Columns that hold the nodes, as the first line names them; others are passed over.
    """

    path: Path
    columns: Sequence[str]

    def questions(self, find: Callable[[str], object]) -> Iterator[tuple[str, ...]]:
        """Yield the nodes of every line.

        A file is looked through before the first line is given out: a mistake in the last line
        is told before anything is answered. Standard input cannot be read twice.

        Parameters
        ----------
        find
            Raises a :class:`~geoframe.DataError` for a name that is no node.

        Raises
        ------
        DataError
            Naming file and line: a missing column or cell, a name that is no node, text that is
            not UTF-8 or not CSV; or if the file cannot be read.
        """
        if self.path != STDIN:
            for _ in self._lines(find):
                pass
        yield from self._lines(find)

    def _lines(self, find: Callable[[str], object]) -> Iterator[tuple[str, ...]]:
        try:
            with self._opened() as file:
                reader = csv.reader(self._decoded(file))
                try:
                    places = self._places([cell.strip() for cell in next(reader, [])])
                    for row in reader:
                        if any(row):
                            yield self._nodes(row, places, find, f"{self}:{reader.line_num}")
                except csv.Error as error:
                    raise DataError(f"{self}:{reader.line_num}: not CSV: {error}") from None
        except OSError as error:
            raise DataError(f"{self}: cannot be read: {error.strerror}") from None

    def __str__(self) -> str:
        return "standard input" if self.path == STDIN else str(self.path)

    def _opened(self) -> AbstractContextManager[BinaryIO]:
        if self.path == STDIN:
            return nullcontext(sys.stdin.buffer)
        check_regular(self.path)
        return self.path.open("rb")

    def _decoded(self, file: BinaryIO) -> Iterator[str]:
        for number, line in enumerate(file, start=1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise DataError(
                    f"{self}:{number}: not UTF-8 text; save the file as UTF-8"
                ) from None

    def _places(self, header: Sequence[str]) -> list[int]:
        for column in self.columns:
            if column not in header:
                raise DataError(
                    f"{self}: no column '{shown(column)}'{did_you_mean(column, header)} (its first "
                    f"line is '{shown(','.join(header))}'); name its columns with --columns"
                )
        return [header.index(column) for column in self.columns]

    def _nodes(
        self,
        row: Sequence[str],
        places: Sequence[int],
        find: Callable[[str], object],
        where: str,
    ) -> tuple[str, ...]:
        if max(places) >= len(row):
            raise DataError(f"{where}: has {len(row)} cells only; columns are separated by commas")
        nodes = tuple(row[place].strip() for place in places)
        for node in nodes:
            try:
                find(node)
            except DataError as error:
                raise DataError(f"{where}: {error}") from None
        return nodes


def distances(trained: TrainedTree, pairs: Iterable[Sequence[str]]) -> Iterator[Row]:
    """Yield rows of :data:`DISTANCE`: as embedded, and exactly, along the tree."""
    remaining = iter(pairs)
    while block := list(islice(remaining, BLOCK)):
        u, v = np.array([trained.tree.find_all(pair) for pair in block]).T
        found = trained.between(u, v).tolist()
        exact = trained.tree.distance(u, v).tolist()
        for (a, b), embedded, along in zip(block, found, exact, strict=True):
            yield a, b, embedded, along


def nearest(
    trained: TrainedTree,
    nodes: Iterable[Sequence[str]],
    k: int,
    *,
    after: bool = False,
    before: bool = False,
) -> Iterator[Row]:
    """Yield up to ``k`` rows of :data:`NEAREST` for each node, nearest first.

    With ``after`` only nodes below it, with ``before`` only nodes above it.
    """
    tree = trained.tree
    for (node,) in nodes:
        item = tree.find(node)
        distances, numbers = trained.nearest_related(item, k, after=after, before=before)
        exact = tree.distance(item, numbers).tolist()
        for near, distance, along in zip(numbers.tolist(), distances.tolist(), exact, strict=True):
            yield node, tree.names[near], distance, along


def ancestors(trained: TrainedTree, pairs: Iterable[Sequence[str]]) -> Iterator[Row]:
    """Yield rows of :data:`ANCESTOR`: estimated from distances alone, and the nearest by edges."""
    tree = trained.tree
    for u, v in pairs:
        ends = tree.find(u), tree.find(v)
        true = tree.names[trained.ancestry.nearest_common(*ends)]
        yield u, v, tree.names[trained.meeting_point(*ends)], true


def order(trained: TrainedTree, pairs: Iterable[Sequence[str]]) -> Iterator[Row]:
    """Yield rows of :data:`PRECEDES`: whether the first is above the second, or the same."""
    remaining = iter(pairs)
    while block := list(islice(remaining, BLOCK)):
        u, v = np.array([trained.tree.find_all(pair) for pair in block]).T
        found = trained.ancestry.precedes(u, v).tolist()
        for (a, b), above in zip(block, found, strict=True):
            yield a, b, above


def parents(trained: TrainedTree, nodes: Iterable[Sequence[str]]) -> Iterator[Row]:
    """Yield rows of :data:`PARENTS` for each node, the parent that it hangs from first."""
    tree = trained.tree
    for (node,) in nodes:
        for place, parent in enumerate(trained.ancestry.parents(tree.find(node))):
            yield node, tree.names[parent], place == 0
