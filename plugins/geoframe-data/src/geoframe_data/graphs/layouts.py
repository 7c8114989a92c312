"""What a text without any mark of a format may be: edges, an outline, paths, or neighbours."""

from __future__ import annotations

from typing import Literal

Layout = Literal["csv", "indented", "paths", "adjacency"]
KNOWN = 0.6
"""Share of the neighbours that must have a line of their own in an adjacency list."""


def text_layout(begin: str) -> Layout:
    """Tell by the beginning of a text how its lines are meant."""
    lines = _whole_lines(begin)
    lines = [line for line in lines if not line.startswith("#")] or lines
    marked = any(mark in line.strip() for line in lines for mark in "\t,;|")
    words = [line.split() for line in lines]
    even = len({len(each) for each in words}) == 1 and len(words[0]) > 1
    if even or marked:
        return "csv"
    if any(line[0] in " \t" for line in lines[1:]):
        return "indented"
    if _are_neighbours(words):
        return "adjacency"
    return "paths" if any("/" in line for line in lines) else "csv"


def are_paths(begin: str) -> bool:
    """Whether every line is a path without blanks, and not only some sentence has a slash."""
    lines = [line.strip() for line in _whole_lines(begin)]
    inner = [line.strip("/") for line in lines]
    return all(" " not in line for line in lines) and sum("/" in line for line in inner) > 1


def _whole_lines(begin: str) -> list[str]:
    """Lines that are not empty, without the last one, of which the rest may be missing."""
    return [line for line in begin.split("\n")[:-1] or [begin] if line.strip()]


def _are_neighbours(words: list[list[str]]) -> bool:
    """Whether each line is a node of its own, and those behind it are such nodes as a rule."""
    others = [word for each in words for word in each[1:]]
    if len(words) < 2 or not others:
        return False
    if all(each[0].endswith(":") and len(each[0]) > 1 for each in words):
        return True
    heads = {each[0] for each in words}
    known = sum(word in heads for word in others)
    return len(heads) == len(words) and known >= KNOWN * len(others)
