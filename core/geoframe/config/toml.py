"""TOML in and out: reading with positions, ``--set`` overrides, and the commented template."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any

import attrs
import tomli_w

from geoframe.config.positions import positions
from geoframe.data import EmptyFile, read_bytes, shown
from geoframe.errors import ConfigError, DataError

MAX_BYTES = 2**20
"""Bytes that a config file may have."""


class FileString(str):
    """A string read from a config file; it knows the folder that relative paths start from."""

    folder: Path

    def __new__(cls, text: str, folder: Path) -> FileString:
        """Wrap ``text``, read from a file in ``folder``."""
        made = super().__new__(cls, text)
        made.folder = folder
        return made


@attrs.frozen
class TomlTable:
    """A plain table and where its keys came from."""

    values: dict[str, Any]
    name: str = "config"
    text: str = ""
    overridden: frozenset[str] = frozenset()

    def where(self, path: str) -> str:
        """Say where the key at a dotted path stands: ``x.toml:12``, ``--set`` or the file alone."""
        if any(_at_or_below(path, key) for key in self.overridden):
            return "--set"
        line = _line_of(self.text, path)
        return f"{self.name}:{line}" if line else self.name


def load_toml(path: Path) -> TomlTable:
    """Read a config file.

    Raises
    ------
    ConfigError
        If the file is missing, unreadable, too large, not UTF-8 or not TOML.
    """
    try:
        text = read_bytes(path, max_bytes=MAX_BYTES).decode("utf-8-sig")
        values = tomllib.loads(text)
    except DataError as error:
        if isinstance(error, EmptyFile):
            return TomlTable({}, name=str(path))
        raise ConfigError([str(error)]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: not UTF-8 text (byte {error.start})"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_not_toml(path, text, str(error))]) from None
    except ValueError as error:  # an integer of thousands of digits
        raise ConfigError([f"{path}: not valid TOML: {shown(error)}"]) from None
    except RecursionError:
        raise ConfigError([f"{path}: is nested too deeply"]) from None
    return TomlTable(_anchored(values, path.absolute().parent), name=str(path), text=text)


def _not_toml(path: Path, text: str, message: str) -> str:
    """Put the position that ``tomllib`` names at the end where all our messages have it."""
    what, _, place = message.rpartition(" (at ")
    found = re.match(r"line (\d+), column (\d+)", place)
    line = int(found[1]) if found else text.count("\n") + 1
    column = f" (column {found[2]})" if found else " (at the end)"
    return f"{path}:{line}: not valid TOML: {what}{column}"


def _anchored(value: Any, folder: Path) -> Any:
    if isinstance(value, str):
        return FileString(value, folder)
    if isinstance(value, dict):
        return {key: _anchored(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [_anchored(item, folder) for item in value]
    return value


def _at_or_below(path: str, key: str) -> bool:
    return path == key or path.startswith((f"{key}.", f"{key}["))


def _line_of(text: str, path: str) -> int | None:
    """Return the line of the key at ``path``, or of the closest table or key above it."""
    known = positions(text)
    while path not in known:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
        if not path:
            return None
    return known[path]


def parse_override(text: str) -> tuple[str, Any]:
    """Split ``key.path=value``; the value is TOML, or else taken as a string.

    Raises
    ------
    ConfigError
        If there is no ``=`` or no key.
    """
    key, separator, value = text.partition("=")
    key = key.strip()
    if not separator or not re.fullmatch(r"[\w-]+(\.[\w-]+)*", key):
        raise ConfigError([f"--set {text}: expected key.path=value"])
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value.strip()
    except (ValueError, RecursionError):  # thousands of digits, or of brackets
        raise ConfigError([f"--set {shown(text)}: is no value that can be read"]) from None


def apply_overrides(table: TomlTable, overrides: Iterable[tuple[str, Any]]) -> TomlTable:
    """Lay ``(dotted key, value)`` pairs over a table; neither is changed.

    Raises
    ------
    ConfigError
        If a key goes through something that is not a table.
    """
    values = _copied(table.values)
    overridden = set(table.overridden)
    for path, value in overrides:
        *parents, last = path.split(".")
        inner = values
        for depth, parent in enumerate(parents, start=1):
            inner = inner.setdefault(parent, {})
            if not isinstance(inner, dict):
                raise ConfigError([f"--set {path}: '{'.'.join(parents[:depth])}' is not a table"])
        inner[last] = _copied(value)
        overridden.add(path)
    return attrs.evolve(table, values=values, overridden=frozenset(overridden))


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return value


def describe(value: object) -> str:
    """Name a TOML value and its type in an error message."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "an array"
    if isinstance(value, bool):
        return f"{str(value).lower()} (boolean)"
    if isinstance(value, date | time):
        return f"{value} (date or time)"
    kind = {int: "integer", float: "float"}.get(type(value), "string")
    return f"{shown(repr(value))} ({kind})"


def dump_toml(values: Mapping[str, Any]) -> str:
    """Write plain tables as TOML."""
    return tomli_w.dumps(values)


def comment(text: str) -> list[str]:
    """Wrap a sentence into comment lines."""
    return [f"# {line}" for line in textwrap.wrap(text, 94)]
