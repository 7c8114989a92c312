"""Config objects to plain tables. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from geoframe.components import AbsentOptions, Component


def unstructure(config: Any) -> dict[str, Any]:
    """Turn a config object into plain tables; the inverse of :func:`structure`.

    Options that are ``None`` are left out, since TOML has no null and ``None`` is always a
    default.
    """
    if isinstance(config, AbsentOptions):
        return dict(config.table)
    table: dict[str, Any] = {}
    for field in attrs.fields(type(config)):
        value = getattr(config, field.name)
        if value is not None:
            table[field.name] = _plain(value)
    return table


def _plain(value: Any) -> Any:
    if isinstance(value, Component):
        return {"name": value.name, **unstructure(value.options)}
    if attrs.has(type(value)):
        return unstructure(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, Path) else value
