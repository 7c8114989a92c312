"""The options of a component in words, for tables. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from geoframe.config.plain import unstructure
from geoframe.config.structure import walk
from geoframe.config.template import type_name
from geoframe_registry.configs import method_class
from geoframe_registry.discovery import find


def describe_options(cls: type, prefix: str = "") -> Iterator[dict[str, Any]]:
    """Yield key, type, default, range, unit and help of every option, those of tables included."""
    for field, annotation, option in walk(cls):
        key = f"{prefix}{field.name}"
        if option.kind is None and attrs.has(annotation):
            yield from describe_options(annotation, f"{key}.")
            continue
        default = field.default
        if option.kind is not None:
            default = option.component_default
        elif attrs.has(type(default)):
            default = unstructure(default)
        yield {
            "key": key,
            "type": f"{option.kind} table" if option.kind else type_name(annotation),
            "default": "required" if default is attrs.NOTHING else _plain(default),
            "range": option.range,
            "unit": option.unit,
            "help": option.help,
        }


def settable(method: str) -> Iterator[tuple[str, str]]:
    """Yield the dotted key and the help of every option of a method.

    Those of a component are its default's.

    Raises
    ------
    PluginError
        If the method or a default component is missing or broken.
    """
    yield from _settable(method_class(find("method", method)).Config, "")


def _settable(cls: type, prefix: str) -> Iterator[tuple[str, str]]:
    for field, annotation, option in walk(cls):
        key = f"{prefix}{field.name}"
        if option.kind is not None:
            yield f"{key}.name", option.help
            if isinstance(option.component_default, Mapping):
                spec = find(option.kind, str(option.component_default["name"]))
                yield from _settable(spec.options, f"{key}.")
        elif attrs.has(annotation):
            yield from _settable(annotation, f"{key}.")
        else:
            yield key, option.help


def _plain(default: Any) -> Any:
    """Make a default fit for JSON."""
    if isinstance(default, tuple | list):
        return [_plain(item) for item in default]
    return (
        default
        if default is None or isinstance(default, bool | int | float | dict)
        else str(default)
    )
