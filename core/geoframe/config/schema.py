"""The JSON schema of a config, with the options of every component that it may name.

Editors complete and check TOML by it. It says what :func:`geoframe.config.structure` accepts,
but for rules between several options, which only the config class knows.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import attrs

from geoframe.abilities import fitting
from geoframe.config.fields import Option
from geoframe.config.plain import unstructure
from geoframe.config.structure import Resolver, walk
from geoframe.config.template import Names
from geoframe.errors import GeoframeError

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PLAIN = {bool: "boolean", int: "integer", float: "number", str: "string"}


def config_schema(cls: type, resolve: Resolver, names: Names, *, title: str) -> dict[str, Any]:
    """Describe a config class as a JSON schema (draft 2020-12).

    Parameters
    ----------
    cls
        An attrs class declared with :mod:`geoframe.config.fields`.
    resolve, names
        Find the components that are installed. A broken one is left out.
    title
        What the config is of.
    """
    writer = _Writer(resolve, names)
    body = writer.table(cls)
    return {"$schema": DIALECT, "title": title, **body, "$defs": writer.definitions}


class _Writer:
    """Collects the definitions of kinds and components, each written once."""

    def __init__(self, resolve: Resolver, names: Names) -> None:
        self.resolve = resolve
        self.names = names
        self.definitions: dict[str, Any] = {}

    def table(self, cls: type) -> dict[str, Any]:
        """Describe the table of a config class."""
        properties = {
            field.name: self._field(field, annotation, info)
            for field, annotation, info in walk(cls)
        }
        required = _required(cls)
        made = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**made, "required": required} if required else made

    def _field(self, field: attrs.Attribute[Any], annotation: Any, info: Option) -> dict[str, Any]:
        said = {"description": _said(info)} if info.help else {}
        if info.kind is not None and info.many:
            items = {"$ref": self._kind(info)}
            default = [_plain(table) for table in info.component_default or ()]
            return {**said, "type": "array", "items": items, "default": default}
        if info.kind is not None:
            return {**said, **self._component(info)}
        if attrs.has(annotation):
            return {**said, **self.table(annotation)}
        made = {**said, **_bounded(_of_type(annotation), info)}
        if field.default is attrs.NOTHING or field.default is None:
            return made
        return {**made, "default": _plain(field.default)}

    def _component(self, info: Option) -> dict[str, Any]:
        """Describe one component table, laid over its default if it names no other."""
        assert info.kind is not None
        default: Any = info.component_default
        if default is None:
            return {"$ref": self._kind(info)}
        own = self._options(info.kind, default["name"])
        needed = [] if own is None else [name for name in own[1] if name not in default]
        return {
            "type": "object",
            "default": _plain(default),
            "if": {"properties": {"name": {"const": default["name"]}}},
            "then": {} if own is None else {"$ref": own[0], "required": needed},
            "else": {"$ref": self._kind(info)},
        }

    def _kind(self, info: Option) -> str:
        """Return where the definition of any component that fits an option stands."""
        kind = info.kind
        assert kind is not None
        key = "-".join([kind, *(each.__name__ for each in info.needs), *info.provides, *info.items])
        if key not in self.definitions:
            self.definitions[key] = {}  # a component may have others of its kind as options
            names = fitting(self.names(kind), info)
            found = {name: self._options(kind, name) for name in names}
            usable = {name: each for name, each in found.items() if each is not None}
            self.definitions[key] = {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"enum": list(usable)}},
                "allOf": [
                    {
                        "if": {"properties": {"name": {"const": name}}, "required": ["name"]},
                        "then": {"$ref": reference, "required": needed},
                    }
                    for name, (reference, needed) in usable.items()
                ],
            }
        return f"#/$defs/{key}"

    def _options(self, kind: str, name: str) -> tuple[str, list[str]] | None:
        """Return where a component's options are defined and which it needs; None if broken."""
        key = f"{kind} {name}"
        try:
            options = self.resolve(kind, name).options
            needed = _required(options)
            if key not in self.definitions:
                self.definitions[key] = {}
                made = self.table(options)
                made.pop("required", None)  # a default table may give it
                made["properties"] = {"name": {"const": name}, **made["properties"]}
                summary = (options.__doc__ or "").strip().partition("\n")[0]
                self.definitions[key] = {"description": summary, **made}
        except (GeoframeError, NameError, TypeError):  # not installed, or cannot be looked at
            self.definitions.pop(key, None)
            return None
        return f"#/$defs/{key.replace(' ', '%20')}", needed


def _required(cls: type) -> list[str]:
    """Name the keys that a table must have because something below has no default."""
    return [
        field.name
        for field, annotation, info in walk(cls)
        if (
            info.component_default is None and not info.many
            if info.kind is not None
            else bool(_required(annotation))
            if attrs.has(annotation)
            else field.default is attrs.NOTHING
        )
    ]


def _said(info: Option) -> str:
    return f"{info.help} ({info.unit})" if info.unit else info.help


def _of_type(annotation: Any) -> dict[str, Any]:
    if annotation in PLAIN:
        return {"type": PLAIN[annotation]}
    if annotation is Path:
        return {"type": "string", "minLength": 1, "pattern": r"^[^\u0000]*$"}
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return _any_of(_of_type(each) for each in arguments if each is not type(None))
    if origin is tuple and arguments[-1] is Ellipsis:
        return {"type": "array", "items": _of_type(arguments[0])}
    if origin is tuple:
        each = [_of_type(argument) for argument in arguments]
        return {"type": "array", "prefixItems": each, "items": False, "minItems": len(each)}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _of_type(arguments[1])}
    return {}


def _any_of(schemas: Iterable[dict[str, Any]]) -> dict[str, Any]:
    found = list(schemas)
    return found[0] if len(found) == 1 else {"anyOf": found}


def _bounded(schema: dict[str, Any], info: Option) -> dict[str, Any]:
    """Add the allowed range to every number of a schema."""
    bounds = {
        "minimum": info.ge,
        "exclusiveMinimum": info.gt,
        "maximum": info.le,
        "exclusiveMaximum": info.lt,
    }
    if schema.get("type") in ("integer", "number"):
        return {**schema, **{key: bound for key, bound in bounds.items() if bound is not None}}
    below: dict[str, Any] = {}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            below[key] = _bounded(schema[key], info)
    for key in ("anyOf", "prefixItems"):
        if key in schema:
            below[key] = [_bounded(each, info) for each in schema[key]]
    return {**schema, **below}


def _plain(default: Any) -> Any:
    if attrs.has(type(default)):
        return unstructure(default)
    if isinstance(default, Mapping):
        return {key: _plain(item) for key, item in default.items()}
    if isinstance(default, tuple | list):
        return [_plain(item) for item in default]
    return str(default) if isinstance(default, Path) else default
