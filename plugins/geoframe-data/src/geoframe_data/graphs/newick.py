"""Newick and Nexus files: trees as phylogenetics writes them, of any depth, in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import attrs
import numpy as np

from geoframe.data import is_number, shown
from geoframe.errors import DataError
from geoframe_data.files import UserFile
from geoframe_data.graph import Graph

TOKEN = re.compile(r"\[[^\]]*\]|'(?:[^']|'')*'|[(),:;=]|[^\s(),:;='\[\]]+|\s+|(?P<bad>.)")
"""A comment, a quoted label, a mark, a bare label, or blanks; else a mark out of place."""
MARKS = frozenset("(),:;=")


@attrs.frozen
class Token:
    """A piece of a tree's text."""

    text: str
    at: int
    """Where it begins."""
    quoted: bool = False

    @property
    def mark(self) -> str:
        """The mark that it is, empty for a label."""
        return self.text if self.text in MARKS and not self.quoted else ""


def read_newick(file: UserFile) -> Graph:
    """Read the first tree of a Newick file.

    Numbers at inner nodes (``95``, ``0.9/95``) are support values and not names, unless the
    leaves are numbers too. The length of an edge above the root is left out.

    Raises
    ------
    DataError
        If the file cannot be parsed, holds no tree, or gives an edge two numbers.
    """
    text = file.text()
    tree = _Builder(file, text)
    tokens = _tokens(file, text)
    tree.parse(tokens)
    more = sum(1 for token in tokens if token.mark == ";")
    return tree.graph({}, 1 + more)


def read_nexus(file: UserFile) -> Graph:
    """Read the first tree of a Nexus file; leaves have the names of its TRANSLATE table.

    Raises
    ------
    DataError
        As :func:`read_newick`.
    """
    text = file.text()
    tree = _Builder(file, text)
    names: dict[str, str] = {}
    labels: list[str] = []
    trees = 0
    tokens = _tokens(file, text)
    command: list[Token] = []
    for token in tokens:
        command.append(token)
        first = command[0].text.upper()
        if token.mark == "=" and first in ("TREE", "UTREE"):
            if trees == 0:
                tree.parse(tokens)
            else:
                next((each for each in tokens if each.mark == ";"), None)
            trees += 1
            command = []
        elif token.mark == ";":
            words = [each.text for each in command[1:-1] if each.mark != ","]
            if first == "TRANSLATE":
                names.update(zip(words[::2], words[1::2], strict=False))
            elif first == "TAXLABELS":
                labels += words
            command = []
        elif first == "#NEXUS":
            command = []
    if not trees:
        raise DataError(f"{file.path}: not a readable nexus file: it holds no tree")
    numbered = {str(place): label for place, label in enumerate(labels, start=1)}
    return tree.graph({**numbered, **names}, trees)


def _tokens(file: UserFile, text: str) -> Iterator[Token]:
    for found in TOKEN.finditer(text):
        token = found.group()
        if found.group("bad") is not None:
            reason = f"'{token}' has no counterpart"
            raise _unreadable(file, text, found.start(), reason)
        if token[0] == "'":
            yield Token(token[1:-1].replace("''", "'"), found.start(), quoted=True)
        elif token[0] != "[" and not token.isspace():
            yield Token(token, found.start())


class _Builder:
    """Nodes and edges of one tree, collected token by token without recursion."""

    def __init__(self, file: UserFile, text: str) -> None:
        self.file, self.text = file, text
        self.names: list[str] = [""]
        self.parent: list[int] = [-1]
        self.length: list[float] = [np.nan]

    def parse(self, tokens: Iterator[Token]) -> None:
        """Read one tree, its semicolon too."""
        here, fresh = 0, True  # fresh: nothing is said of the node yet
        for token in tokens:
            mark = token.mark
            if mark == ";":
                if self.parent[here] >= 0:
                    raise self._wrong(token, "a parenthesis is never closed")
                if fresh:
                    raise self._wrong(token, "it holds no tree")
                return
            if mark == "(":
                if not fresh:
                    raise self._wrong(token, "a parenthesis opens after a name or another one")
                here = self._child(here)
            elif mark in (",", ")"):
                if self.parent[here] < 0:
                    raise self._wrong(token, f"'{mark}' outside of parentheses")
                here = self.parent[here] if mark == ")" else self._child(self.parent[here])
                fresh = mark == ","
                continue
            elif mark == ":":
                self.length[here] = self._length(next(tokens, token), here)
                fresh = False
            elif mark:
                raise self._wrong(token, f"'{mark}' out of place")
            elif self.names[here] or not np.isnan(self.length[here]):
                raise self._wrong(token, f"'{shown(token.text)}' follows a name or a length")
            else:
                self.names[here], fresh = token.text.strip(), False
        raise DataError(
            f"{self.file.path}: not a readable tree: the semicolon at its end is missing"
        )

    def _child(self, parent: int) -> int:
        self.names.append("")
        self.parent.append(parent)
        self.length.append(np.nan)
        return len(self.names) - 1

    def _length(self, token: Token, node: int) -> float:
        if not np.isnan(self.length[node]):
            raise self._wrong(
                token,
                f"the branch of '{shown(self.names[node]) or 'a node'}' has two numbers, "
                f"{self.length[node]:g} and {shown(token.text)}, and conventions differ on which "
                "is its length; leave one, and write support as the node's name",
            )
        if token.mark or not is_number(token.text):
            raise self._wrong(token, f"the length '{shown(token.text)}' is not a number")
        return float(token.text)

    def _wrong(self, token: Token, reason: str) -> DataError:
        return _unreadable(self.file, self.text, token.at, reason)

    def graph(self, translate: Mapping[str, str], trees: int) -> Graph:
        """The graph of what was read; support values are no names."""
        parent = np.array(self.parent)
        below = np.flatnonzero(parent >= 0)
        leaf = np.bincount(parent[below], minlength=len(parent)) == 0
        names = [
            translate.get(name, name) if leaf[node] else name
            for node, name in enumerate(self.names)
        ]
        numbers = {node for node, name in enumerate(names) if _is_support(name)}
        leaves = {*np.flatnonzero(leaf).tolist()}
        repairs = []
        if (supports := numbers - leaves) and not leaves <= numbers:
            for node in supports:
                names[node] = ""
            repairs.append(
                f"took the numbers at {len(supports)} inner nodes as support values, not names"
            )
        if trees > 1:
            repairs.append(f"the file holds {trees} trees; the first was used")
        lengths = np.array(self.length)[below]
        return Graph(
            names=names,
            edges=np.stack([parent[below], below], axis=1),
            weights=None if np.isnan(lengths).all() else lengths,
            directed=True,
            origin=str(self.file.path),
            repairs=repairs,
        )


def _unreadable(file: UserFile, text: str, at: int, reason: str) -> DataError:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return DataError(
        f"{file.path}: not a readable tree: line {line}, column {column}: {reason} (a name with "
        "blanks or punctuation has to stand in single quotes)"
    )


def _is_support(text: str) -> bool:
    """Whether a label is a number, or several with slashes between them."""
    return bool(text) and all(is_number(part) for part in text.split("/"))
