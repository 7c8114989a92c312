"""Where the keys of a TOML text stand, which ``tomllib`` has read, so that it is valid."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect
from collections.abc import Mapping
from functools import lru_cache

BLANK = re.compile(r"(?:[\s,]|#[^\n]*)*")
STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' + r"|'''.*?'{3,5}" + r'|"(?:\\.|[^"\\])*"' + r"|'[^']*'", re.S
)
KEY = re.compile(rf"{STRING.pattern}|[\w-]+", re.S)
SCALAR = re.compile(rf"{STRING.pattern}|[^\n,\]}}#]+", re.S)


@lru_cache(maxsize=8)
def positions(text: str) -> Mapping[str, int]:
    """Return the line of every table, key and array element by its path, such as ``a.b[2].c``."""
    return _Scanner(text).scan()


class _Scanner:
    """Goes through the text once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self.lines: dict[str, int] = {}
        self.last: dict[str, int] = {}  # array of tables -> index of its last table

    def scan(self) -> Mapping[str, int]:
        table = ""
        self.skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.assignment(table)
            self.skip()
        return self.lines

    def skip(self) -> None:
        """Go over white space, comments and commas."""
        found = BLANK.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def taken(self, character: str) -> bool:
        """Go over a character, if it is next."""
        taken = self.text.startswith(character, self.at)
        self.at += taken
        return taken

    def header(self) -> str:
        """Go over ``[a.b]`` or ``[[a.b]]`` and return the path of the table."""
        array = self.text.startswith("[[", self.at)
        self.at += 1 + array
        path = self.key("")
        if array:
            base = path
            self.last[base] = self.last.get(base, -1) + 1
            path = f"{base}[{self.last[base]}]"
            self.note(path)
        self.at = self.text.index("]", self.at) + 1 + array
        return path

    def assignment(self, table: str) -> None:
        path = self.key(table)
        self.taken("=")
        self.skip()
        self.value(path)

    def key(self, table: str) -> str:
        """Go over a dotted key below ``table``, note each part of it and return its path."""
        path = table
        while True:
            self.skip()
            found = KEY.match(self.text, self.at)
            assert found is not None
            if path in self.last:
                path = f"{path}[{self.last[path]}]"
            path = f"{path}.{_plain(found[0])}" if path else _plain(found[0])
            self.note(path)
            self.at = found.end()
            self.skip()
            if not self.taken("."):
                return path

    def value(self, path: str) -> None:
        if self.taken("{"):
            self.skip()
            while not self.taken("}"):
                self.assignment(path)
                self.skip()
        elif self.taken("["):
            self.skip()
            index = 0
            while not self.taken("]"):
                self.note(f"{path}[{index}]")
                self.value(f"{path}[{index}]")
                self.skip()
                index += 1
        else:
            found = SCALAR.match(self.text, self.at)
            assert found is not None
            self.at = found.end()

    def note(self, path: str) -> None:
        """Remember the line, unless the path stands above already."""
        self.lines.setdefault(path, bisect(self.starts, self.at))


def _plain(key: str) -> str:
    """Take the quotes off a key, and its escapes."""
    if key[0] == "'":
        return key[1:-1]
    if key[0] == '"':
        return str(tomllib.loads(f"key = {key}")["key"])
    return key
