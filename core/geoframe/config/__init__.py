"""Configurations: frozen attrs classes, read from TOML and written back to it. Torch-free."""

from geoframe.config.fields import (
    MethodConfig,
    Option,
    component,
    components,
    option,
    section,
)
from geoframe.config.plain import unstructure
from geoframe.config.structure import structure
from geoframe.config.template import render_template
from geoframe.config.toml import TomlTable, apply_overrides, dump_toml, load_toml, parse_override

__all__ = [
    "MethodConfig",
    "Option",
    "TomlTable",
    "apply_overrides",
    "component",
    "components",
    "dump_toml",
    "load_toml",
    "option",
    "parse_override",
    "render_template",
    "section",
    "structure",
    "unstructure",
]
