"""The commented TOML of ``geoframe init``: every option with its meaning, range and default."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import attrs

from geoframe.abilities import fitting
from geoframe.config.plain import unstructure
from geoframe.config.structure import Resolver, walk
from geoframe.config.toml import comment, dump_toml

Names = Callable[[str], Iterable[str]]
"""kind -> names of the installed components."""


def type_name(annotation: Any) -> str:
    """Name a type as a user of TOML would."""
    if get_origin(annotation) is Literal:
        return " | ".join(f'"{choice}"' for choice in get_args(annotation))
    if get_origin(annotation) in (Union, types.UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        return " | ".join(type_name(member) for member in members)
    if get_origin(annotation) is tuple:
        return f"array of {type_name(get_args(annotation)[0])}"
    names = {int: "integer", float: "float", bool: "boolean", str: "string", Path: "path"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))


def render_template(cls: type, resolve: Resolver, names: Names, *, title: str) -> str:
    """Write a config class as commented TOML that is valid as it stands.

    Options without a default value (``None``) stand commented out; component tables list the
    options of their default component and the other names that are installed.
    """
    lines = [*comment(title), ""]
    lines += _section(cls, "", resolve, names)
    return "\n".join(lines).rstrip() + "\n"


def _section(cls: type, prefix: str, resolve: Resolver, names: Names) -> Iterator[str]:
    tables = []
    for field, annotation, info in walk(cls):
        if info.kind is not None or attrs.has(annotation):
            tables.append((field, annotation, info))
            continue
        yield from _option(field.name, annotation, info, _default(field))
    tables.sort(key=lambda table: not table[2].many)  # after a [header] they would belong to it
    for field, annotation, info in tables:
        path = f"{prefix}{field.name}"
        yield ""
        yield from comment(info.help)
        if info.kind is None:
            yield f"[{path}]"
            yield from _section(annotation, f"{path}.", resolve, names)
        elif info.many:
            installed = ", ".join(fitting(names(info.kind), info))
            yield f"# An array of {info.kind} tables; installed: {installed}"
            yield f"{path.rpartition('.')[2]} = {inline(list(info.component_default or ()))}"
        else:
            chosen = info.needs or info.provides or info.items
            suitable = "that fits" if chosen else "installed"
            yield f"# Any {info.kind} {suitable}: {', '.join(fitting(names(info.kind), info))}"
            yield from _component(path, info.component_default, info.kind, resolve, names)


def _component(
    path: str, default: Any, kind: str, resolve: Resolver, names: Names
) -> Iterator[str]:
    if default is None:
        yield f"# [{path}]"
        return
    options = resolve(kind, default["name"]).options
    yield f"[{path}]"
    yield f'name = "{default["name"]}"'
    nested = []
    for field, annotation, info in walk(options):
        value = default.get(field.name, _default(field))
        if info.kind is not None and not info.many:
            nested.append((field.name, default.get(field.name, info.component_default), info))
        elif info.many:
            tables = default.get(field.name, info.component_default)
            yield from _option(field.name, annotation, info, [dict(table) for table in tables])
        else:
            yield from _option(field.name, annotation, info, value)
    for name, table, info in nested:
        yield ""
        yield from comment(info.help)
        yield from _component(f"{path}.{name}", table, str(info.kind), resolve, names)


def _option(name: str, annotation: Any, info: Any, value: Any) -> Iterator[str]:
    details = [type_name(annotation) if info.kind is None else f"array of {info.kind} tables"]
    details += [info.unit] if info.unit else []
    details += [info.range] if info.range else []
    yield from comment(f"{info.help} ({', '.join(details)})" if info.help else details[0])
    absent = value is None or value is attrs.NOTHING
    yield f"# {name} =" if absent else f"{name} = {inline(value)}"


def _default(field: attrs.Attribute[Any]) -> Any:
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        default = default.factory()
    return default


def inline(value: Any) -> str:
    """Write one value as it stands on the right of a TOML assignment."""
    if attrs.has(type(value)):
        value = unstructure(value)
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(key)} = {inline(item)}" for key, item in value.items())
        return f"{{{inner}}}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(inline(item) for item in value)}]"
    if isinstance(value, Path):
        value = str(value)
    return dump_toml({"value": value}).partition("=")[2].strip()


def _key(key: str) -> str:
    bare = re.fullmatch(r"[A-Za-z0-9_-]+", key)
    return key if bare else inline(key)
