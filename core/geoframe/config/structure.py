"""Plain tables to config objects and back, collecting every problem before complaining."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
import cattrs

from geoframe.abilities import misfit
from geoframe.components import AbsentOptions, AbsentSpec, Component, ComponentSpec
from geoframe.config.fields import Option, option_of
from geoframe.config.toml import FileString, TomlTable, describe
from geoframe.data import shown
from geoframe.errors import ConfigError, GeoframeError, did_you_mean

FEW_KEYS = 20
"""Unknown keys for which something close is looked for."""

T = TypeVar("T")

Resolver = Callable[[str, str], ComponentSpec]
"""(kind, name) -> installed component; raises PluginError for an unknown or broken one."""


class _Problems(Exception):
    """Problems found below one table: pairs of key path and message."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        self.found = found


def structure(cls: type[T], table: TomlTable, resolve: Resolver) -> T:
    """Make a config object of ``cls`` from a plain table.

    Parameters
    ----------
    cls
        An attrs class declared with :mod:`geoframe.config.fields`.
    table
        What TOML gave, overrides applied; it knows where each key stands.
    resolve
        Finds components by kind and name.

    Raises
    ------
    ConfigError
        With every unknown key, wrong type, value out of range and missing key at once.
    """
    try:
        return _converter(resolve).structure(table.values, cls)
    except _Problems as problems:
        lines = [
            f"{table.where(path)}: {f'{shown(path)}: ' if path else ''}{text}"
            for path, text in problems.found
        ]
        raise ConfigError(lines) from None


def _converter(resolve: Resolver) -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=False)
    converter.register_structure_hook(bool, _exactly(bool, "true or false"))
    converter.register_structure_hook(int, _structure_int)
    converter.register_structure_hook(float, _structure_float)
    converter.register_structure_hook(str, _exactly(str, "a string"))
    converter.register_structure_hook(Path, _structure_path)
    converter.register_structure_hook_func(_has_origin(Literal), _structure_literal)
    converter.register_structure_hook_func(
        _has_origin(Union, types.UnionType), _union_hook(converter)
    )
    converter.register_structure_hook_func(_has_origin(tuple), _tuple_hook(converter))
    converter.register_structure_hook_func(_has_origin(Mapping), _mapping_hook(converter))
    converter.register_structure_hook_factory(
        attrs.has, lambda cls: lambda table, _: _structure_class(cls, table, converter, resolve)
    )
    return converter


def _has_origin(*origins: Any) -> Callable[[Any], bool]:
    return lambda cls: get_origin(cls) in origins


def _exactly(cls: type, expected: str) -> Callable[[Any, Any], Any]:
    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, cls):
            raise ValueError(f"expected {expected}, got {describe(value)}")
        return str(value) if cls is str else value

    return hook


def _structure_int(value: Any, _: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"expected an integer, got {describe(value)}")
    if not -(2**63) <= value < 2**63:
        raise ValueError("expected an integer of 64 bits")
    return value


def _structure_float(value: Any, _: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"expected a number, got {describe(value)}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError("expected a number that a float can hold") from None


def _structure_path(value: Any, _: Any) -> Path:
    if not isinstance(value, str | Path):
        raise ValueError(f"expected a path, got {describe(value)}")
    if not str(value):
        raise ValueError("expected a path, got an empty string")
    if "\0" in str(value):
        raise ValueError("expected a path, got one with a null character")
    base = value.folder if isinstance(value, FileString) else Path.cwd()
    try:
        return base / Path(value).expanduser()
    except RuntimeError:
        user = Path(value).parts[0]
        raise ValueError(
            f"no home folder for {user!r}; write './{user}' for a file of that name"
        ) from None


def _structure_literal(value: Any, cls: Any) -> Any:
    allowed = get_args(cls)
    for choice in allowed:  # True == 1 in Python, but not in TOML
        if value == choice and isinstance(value, bool) is isinstance(choice, bool):
            return choice
    listed = ", ".join(repr(choice) for choice in allowed)
    hint = did_you_mean(str(value), [str(choice) for choice in allowed])
    raise ValueError(f"{describe(value)} is not allowed; choose from {listed}{hint}")


def _union_hook(converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    def hook(value: Any, cls: Any) -> Any:
        if value is None:
            return None
        errors = []
        for member in get_args(cls):
            if member is type(None):
                continue
            try:
                return converter.structure(value, member)
            except ValueError as error:
                errors.append(str(error))
        raise ValueError(errors[0] if len(errors) == 1 else " or ".join(errors))

    return hook


def _tuple_hook(converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    def hook(value: Any, cls: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise ValueError(f"expected an array, got {describe(value)}")
        members = get_args(cls)
        if len(members) == 2 and members[1] is Ellipsis:
            return tuple(converter.structure(item, members[0]) for item in value)
        if len(members) != len(value):
            raise ValueError(f"expected {len(members)} values, got {len(value)}")
        return tuple(
            converter.structure(item, member) for item, member in zip(value, members, strict=True)
        )

    return hook


def _mapping_hook(converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    def hook(value: Any, cls: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise ValueError(f"expected a table, got {describe(value)}")
        member = get_args(cls)[1]
        return {str(key): converter.structure(item, member) for key, item in value.items()}

    return hook


def _structure_class(cls: type, table: Any, converter: cattrs.Converter, resolve: Resolver) -> Any:
    if not isinstance(table, Mapping):
        raise ValueError(f"expected a table, got {describe(table)}")
    fields = {field.name: field for field in attrs.fields(cls)}
    hints = get_type_hints(cls)
    known = ", ".join(fields) or "none"
    # With many unknown keys the file is another one, and what is meant by each takes long to find.
    unknown = [str(key) for key in table if key not in fields]
    problems = [
        (key, f"unknown key{did_you_mean(key, fields) if few else ''}; known: {known}")
        for few, key in ((number < FEW_KEYS, key) for number, key in enumerate(unknown))
    ]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        info = option_of(field)
        annotation = hints.get(name, field.type)
        try:
            if info.kind is not None:
                values[name] = _structure_components(info, table.get(name), converter, resolve)
            elif name in table:
                values[name] = (
                    table[name]
                    if annotation is Any
                    else converter.structure(table[name], annotation)
                )
                info.check(values[name])
            elif attrs.has(annotation):
                values[name] = converter.structure({}, annotation)
            elif field.default is attrs.NOTHING:
                unit = f" ({info.help})" if info.help else ""
                raise ValueError(f"missing, and it has no default{unit}")
        except _Problems as below:
            problems += [(_join(name, path), text) for path, text in below.found]
        except (ValueError, GeoframeError) as error:
            problems.append((name, str(error)))
    if problems:
        raise _Problems(problems)
    try:
        return cls(**values)
    except ValueError as error:  # a rule between several options, checked by the class itself
        raise _Problems([("", str(error))]) from None


def _join(name: str, path: str) -> str:
    if not path:
        return name
    return f"{name}{path}" if path.startswith("[") else f"{name}.{path}"


def _structure_components(
    info: Option, given: Any, converter: cattrs.Converter, resolve: Resolver
) -> Any:
    if not info.many:
        return _structure_component(info, given, info.component_default, converter, resolve)
    tables = info.component_default if given is None else given
    if not isinstance(tables, list | tuple):
        raise ValueError(f"expected an array of tables, got {describe(tables)}")
    built, problems = [], []
    for index, table in enumerate(tables):
        try:
            built.append(_structure_component(info, table, None, converter, resolve))
        except _Problems as below:
            problems += [(_join(f"[{index}]", path), text) for path, text in below.found]
        except (ValueError, GeoframeError) as error:
            problems.append((f"[{index}]", str(error)))
    if problems:
        raise _Problems(problems)
    return tuple(built)


def _structure_component(
    info: Option, given: Any, default: Any, converter: cattrs.Converter, resolve: Resolver
) -> Component:
    assert info.kind is not None
    if given is not None and not isinstance(given, Mapping):
        hint = f'; write {{ name = "{given}" }}' if isinstance(given, str) else ""
        raise ValueError(f"expected a table with a name, got {describe(given)}{hint}")
    own = dict(given or {})
    table = dict(own)
    if default is not None and table.get("name", default["name"]) == default["name"]:
        table = {**default, **table}
    if "name" not in table:
        raise _Problems([("name", f"missing; name a {info.kind} ('geoframe list {info.kind}')")])
    name = table.pop("name")
    try:
        if not isinstance(name, str):
            raise ValueError(f"expected a string, got {describe(name)}")
        spec = resolve(info.kind, name)
        if isinstance(spec, AbsentSpec):
            return Component(spec=spec, options=AbsentOptions(table))
        if reason := misfit(spec, info):
            raise ValueError(reason)
        options = spec.options
    except (ValueError, GeoframeError) as error:
        raise _Problems([("name", str(error))]) from None
    for one, other in alternatives(options):
        given_one, given_other = own.get(one) is not None, own.get(other) is not None
        if given_one is not given_other:  # a default of the other has no say
            table.pop(other if given_one else one, None)
    return Component(spec=spec, options=converter.structure(table, options), needs=info.needs)


def alternatives(cls: type) -> Iterator[tuple[str, str]]:
    """Yield the names of two options of which the first takes the place of the second."""
    for field in attrs.fields(cls):
        if other := option_of(field).instead_of:
            yield field.name, other


def walk(cls: type) -> Iterator[tuple[attrs.Attribute[Any], Any, Option]]:
    """Yield (field, resolved annotation, declared option) for each field of a config class."""
    hints = get_type_hints(cls)
    for field in attrs.fields(cls):
        yield field, hints.get(field.name, field.type), option_of(field)
