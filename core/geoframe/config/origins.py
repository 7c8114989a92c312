"""A resolved config with the origin of every value: a default, a line of a file, or ``--set``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from geoframe.components import Component
from geoframe.config.plain import unstructure
from geoframe.config.template import inline
from geoframe.config.toml import TomlTable

DEFAULT = "default"
"""Origin of what nobody gave."""

COLUMN = 48
"""Where the comments begin."""

ABSENT: Any = object()


@attrs.frozen
class Origin:
    """One value of a resolved config."""

    key: str
    """Dotted path; elements of an array of tables have their index in brackets."""
    value: Any
    """A plain TOML value; None if the option is not set."""
    origin: str
    """:data:`DEFAULT`, ``"--set"``, or ``"x.toml:12"``."""


@attrs.frozen
class _Table:
    """A table of the config: its leaves first, then the tables below it, as TOML wants them."""

    leaves: list[tuple[str, Origin]]
    below: list[tuple[str, _Table | list[_Table]]]


def origins(config: Any, table: TomlTable) -> Iterator[Origin]:
    """Yield every value of ``config``, which was structured from ``table``."""
    yield from _flat(_table(config, table.values, "", table))


def render_origins(config: Any, table: TomlTable) -> str:
    """Write a config as TOML that is valid as it stands, each line with its origin as comment."""
    return "\n".join(_lines(_table(config, table.values, "", table), "")) + "\n"


def _table(config: Any, given: Any, prefix: str, table: TomlTable) -> _Table:
    made = _Table([], [])
    if isinstance(config, Component):
        made.leaves.append(("name", _leaf("name", config.name, given, prefix, table)))
        config = config.options
    for field in attrs.fields(type(config)):
        value, path = getattr(config, field.name), f"{prefix}{field.name}"
        inner = _given(given, field.name)
        if isinstance(value, Component) or attrs.has(type(value)):
            made.below.append((field.name, _table(value, inner, f"{path}.", table)))
        elif isinstance(value, tuple) and value and isinstance(value[0], Component):
            rows = [
                _table(item, _given(inner, index), f"{path}[{index}].", table)
                for index, item in enumerate(value)
            ]
            made.below.append((field.name, rows))
        else:
            plain = unstructure(config).get(field.name)
            made.leaves.append((field.name, _leaf(field.name, plain, given, prefix, table)))
    return made


def _leaf(name: str, value: Any, given: Any, prefix: str, table: TomlTable) -> Origin:
    path = f"{prefix}{name}"
    origin = DEFAULT if _given(given, name) is ABSENT else table.where(path)
    return Origin(path, value, origin)


def _given(given: Any, key: str | int) -> Any:
    if isinstance(given, Mapping):
        return given.get(key, ABSENT)
    if isinstance(given, list | tuple) and isinstance(key, int) and key < len(given):
        return given[key]
    return ABSENT


def _flat(table: _Table) -> Iterator[Origin]:
    for _, leaf in table.leaves:
        yield leaf
    for _, below in table.below:
        for each in below if isinstance(below, list) else [below]:
            yield from _flat(each)


def _lines(table: _Table, path: str) -> Iterator[str]:
    for name, leaf in table.leaves:
        line = f"# {name} =" if leaf.value is None else f"{name} = {inline(leaf.value)}"
        yield f"{line:<{COLUMN}}  # {leaf.origin}"
    for name, below in table.below:
        full = f"{path}.{name}" if path else name
        for each in below if isinstance(below, list) else [below]:
            yield ""
            yield f"[[{full}]]" if isinstance(below, list) else f"[{full}]"
            yield from _lines(each, full)
