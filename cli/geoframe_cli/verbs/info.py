"""``geoframe info``: what a component is, its options and its source."""

from __future__ import annotations

from typing import Any

import click

from geoframe.terminal import say
from geoframe_cli import completion


@click.command(epilog="\b\nExample:\n  geoframe info nst")
@click.argument("name", shell_complete=completion.component_names)
@click.option("--kind", help="geometry, method, ...; needed if several kinds have the name.")
@click.option(
    "--check", is_flag=True, help="Build a geometry too (imports torch) and show its promise."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(name: str, kind: str | None, check: bool, as_json: bool) -> None:
    """Show kind, plugin, summary, source and every option of the component NAME."""
    from geoframe.terminal import print_json, print_table

    facts = _facts(name, kind, check)
    if as_json:
        print_json(facts)
        return
    say(f"{facts['kind']} {facts['name']}: {facts['summary']}")
    say(f"plugin: {facts['plugin']} {facts['version']}")
    for key in ("citation", "promise"):
        if facts.get(key):
            say(f"{key}: {facts[key]}")
    print_table(
        "",
        ["option", "type", "default", "range", "unit", "meaning"],
        [[_cell(option[column]) for column in COLUMNS] for option in facts["options"]],
    )


COLUMNS = ("key", "type", "default", "range", "unit", "help")


def _cell(value: Any) -> Any:
    """Show a component table by its name."""
    return value["name"] if isinstance(value, dict) and "name" in value else value


def _facts(name: str, kind: str | None, check: bool) -> dict[str, Any]:
    from geoframe_registry.configs import method_class
    from geoframe_registry.discovery import find
    from geoframe_registry.options import describe_options

    spec = find(kind or _kind_of(name), name)
    facts = {
        "kind": spec.kind,
        "name": spec.name,
        "plugin": spec.distribution,
        "version": spec.version,
        "summary": spec.summary,
    }
    if spec.kind == "method":
        cls = method_class(spec)
        return {**facts, "citation": cls.citation, "options": [*describe_options(cls.Config)]}
    if check and spec.kind == "geometry":
        facts["promise"] = _promise(spec.name)
    return {**facts, "options": [*describe_options(spec.options)]}


def _kind_of(name: str) -> str:
    from geoframe.errors import PluginError, did_you_mean
    from geoframe_registry.discovery import KNOWN, components

    plain = name.rpartition(":")[2]
    specs = components()
    kinds = sorted({spec.kind for spec in specs if spec.name == plain})
    if len(kinds) > 1:
        raise PluginError(f"'{name}' is of several kinds: {', '.join(kinds)}; choose by --kind")
    if not kinds and name not in KNOWN:
        if inside := [f"{each.name} ({each.kind})" for each in specs if each.distribution == name]:
            raise PluginError(
                f"'{name}' is a plugin; 'geoframe info' shows what is in it: {', '.join(inside)}"
            )
        hint = did_you_mean(name, {spec.name for spec in specs})
        raise PluginError(f"no component '{name}' is installed{hint}; 'geoframe list' shows all")
    return kinds[0] if kinds else "method"


def _promise(name: str) -> str:
    from geoframe.errors import ConfigError
    from geoframe_registry.configs import component

    try:
        return str(component("geometry", {"name": name}).build().promise)
    except ConfigError as error:
        return f"depends on options that have no default ({error.problems[0]})"
