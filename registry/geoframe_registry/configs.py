"""Configs of methods and components, their names resolved by what is installed. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from geoframe.components import AbsentSpec, Component, ComponentSpec
from geoframe.config import MethodConfig, TomlTable, structure
from geoframe.config.structure import Resolver, alternatives
from geoframe.errors import ConfigError, PluginError
from geoframe.method import Method
from geoframe_registry.discovery import find


def method_class(spec: ComponentSpec) -> type[Method]:
    """Import the class of a method.

    Raises
    ------
    PluginError
        If it cannot be imported or is no method.
    """
    cls = spec.load()
    config = getattr(cls, "Config", None)
    if not (
        issubclass(cls, Method) and isinstance(config, type) and issubclass(config, MethodConfig)
    ):
        raise PluginError(
            f"{spec}: '{spec.target}' is not a geoframe.Method with a MethodConfig as Config; "
            f"tell the authors of {spec.distribution}"
        )
    return cls


def configure(method: str, table: TomlTable) -> tuple[ComponentSpec, Any]:
    """Find a method and make its config from a plain table.

    Raises
    ------
    PluginError
        If the method is missing, broken or in conflict.
    ConfigError
        With every mistake in the table.
    """
    return _configure(method, table, find)


def read_config(method: str, table: TomlTable) -> tuple[ComponentSpec, Any]:
    """Make a finished run's config, whatever has been uninstalled since but the method.

    Raises
    ------
    PluginError
        If the method is missing, broken or in conflict.
    ConfigError
        With every mistake in the table.
    """
    return _configure(method, table, _find_or_absent)


def check_alternatives(table: TomlTable, options: Any) -> None:
    """Refuse a table that gives two options of which one would have no say.

    Configs that were stored hold every option, so this is for what a user writes.

    Raises
    ------
    ConfigError
        With every pair.
    """
    problems = []
    for path, given, component in _components_given(table.values, options):
        for one, other in alternatives(type(component)):
            default = attrs.fields_dict(type(component))[other].default
            if given.get(one) is not None and given.get(other, default) != default:
                problems.append(
                    f"{table.where(f'{path}.{other}')}: {path}.{other}: has no say beside "
                    f"{path}.{one} = {given[one]} ({table.where(f'{path}.{one}')}); leave one out"
                )
    if problems:
        raise ConfigError(problems)


def _components_given(
    given: Mapping[str, Any], options: Any, path: str = ""
) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Yield (path, table given, options made of it) of every component below a table."""
    for field in attrs.fields(type(options)):
        value, below = getattr(options, field.name), given.get(field.name)
        if not isinstance(below, Mapping):
            continue
        inner = value.options if isinstance(value, Component) else value
        if attrs.has(type(inner)):
            where = f"{path}{field.name}"
            if inner is not value:
                yield where, below, inner
            yield from _components_given(below, inner, f"{where}.")


def _configure(method: str, table: TomlTable, resolve: Resolver) -> tuple[ComponentSpec, Any]:
    spec = find("method", method)
    return spec, structure(method_class(spec).Config, table, resolve)


def _find_or_absent(kind: str, name: str) -> ComponentSpec:
    try:
        spec = find(kind, name)
        _ = spec.options  # a broken plugin is as good as an absent one
        return spec
    except PluginError as error:
        return AbsentSpec(
            kind=kind,
            name=name,
            target="",
            distribution="(not installed)",
            version="",
            reason=f"the run needs {kind} '{name}': {error}",
        )


def component(kind: str, table: Mapping[str, Any]) -> Component:
    """Resolve one component table ``{"name": ..., **options}``.

    Raises
    ------
    PluginError
        If the component is missing, broken or in conflict.
    ConfigError
        With every mistake in its options.
    """
    options = dict(table)
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise ConfigError([f"{kind}: name: expected the name of an installed {kind}, got {name!r}"])
    spec = find(kind, name)
    return Component(
        spec=spec,
        options=structure(spec.options, TomlTable(options, name=f"{kind} '{name}'"), find),
    )
