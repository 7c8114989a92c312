"""Configs of methods and components, their names resolved by what is installed. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoframe.components import Component, ComponentSpec
from geoframe.config import MethodConfig, TomlTable, structure
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
    spec = find("method", method)
    return spec, structure(method_class(spec).Config, table, find)


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
