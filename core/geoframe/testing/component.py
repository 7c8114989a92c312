"""Conformance of what an installed component declares: its class, its options, its tables."""

from __future__ import annotations

import functools
import inspect
import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from typing import Any, Protocol

import attrs

from geoframe.components import KINDS, Component, ComponentSpec
from geoframe.config import TomlTable, apply_overrides, render_template, structure, unstructure
from geoframe.config.structure import Resolver, walk
from geoframe.entry_points import declared
from geoframe.errors import ConfigError
from geoframe.testing._report import Check, CheckSkipped, ensure

CONTEXT: Mapping[str, Mapping[str, Any]] = {"embedder": {"in_features": 6, "out_features": 3}}
"""Kind -> what a method adds to the options when it builds a component."""

BY_KEYWORD = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)

MISSING = "missing, and it has no default"
"""How :func:`geoframe.config.structure` begins to say that a required option is absent."""


def it_can_be_imported(spec: ComponentSpec, resolve: Resolver) -> None:
    """What the entry point names exists and is a class whose options can be read."""
    spec.load()
    ensure(isinstance(spec.options, type), "its options are not a class")


def it_is_of_its_kind(spec: ComponentSpec, resolve: Resolver) -> None:
    """The class implements the interface of its kind."""
    import geoframe

    interface = getattr(geoframe, spec.kind.capitalize(), None)
    if interface is None:
        raise CheckSkipped(f"there is no interface for a {spec.kind}")
    cls = spec.load()
    ensure(issubclass(cls, interface), f"{cls.__name__} is not a geoframe.{interface.__name__}")


def it_says_what_it_is(spec: ComponentSpec, resolve: Resolver) -> None:
    """The declared class has a docstring of its own, whose first line is shown in lists."""
    own = spec.declared.__dict__.get("__doc__") or ""
    ensure(own.strip(), f"{spec.declared.__name__} has no docstring")


def options_are_explained(spec: ComponentSpec, resolve: Resolver) -> None:
    """Options are an attrs class, frozen and keyword-only, each with a sentence of help."""
    options = spec.options
    ensure(attrs.has(options), f"{options.__name__} is not an attrs class")
    if not _declares_options(spec):
        raise CheckSkipped("options are read off the constructor")
    for field, _, info in walk(options):
        ensure(field.kw_only, f"option '{field.name}' is not keyword-only")
        ensure(
            info.help or attrs.has(field.type or object), f"option '{field.name}' has no help text"
        )
        try:
            setattr(object.__new__(options), field.name, None)
        except attrs.exceptions.FrozenInstanceError:
            continue
        ensure(False, f"{options.__name__} is not frozen: '{field.name}' can be changed")


def options_need_no_torch(spec: ComponentSpec, resolve: Resolver) -> None:
    """What the entry point names is imported without torch, so that lists and checks are fast."""
    if spec.kind != "method" and not _declares_options(spec):
        raise CheckSkipped("the entry point names the component itself, not its options")
    trouble = _torch_in(spec.target.partition(":")[0], os.pathsep.join(filter(None, sys.path)))
    ensure(not trouble, trouble)


@functools.cache  # one process for all components that are declared in one module
def _torch_in(module: str, path: str) -> str:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return ""
    return done.stderr.strip() or f"importing {module} imports torch"


def options_are_those_of_the_constructor(spec: ComponentSpec, resolve: Resolver) -> None:
    """Names and defaults of the options are those of the constructor's keyword parameters."""
    if spec.kind == "method":
        raise CheckSkipped("a method's config is not passed to its constructor")
    cls = spec.load()
    parameters = inspect.signature(cls).parameters
    fields = {field.name: field for field in attrs.fields(spec.options)}
    named = {name: each for name, each in parameters.items() if each.kind in BY_KEYWORD}
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values()):
        raise CheckSkipped(f"{cls.__name__} takes its options as **keywords")
    for name, field in fields.items():
        ensure(name in named, f"option '{name}' is no keyword parameter of {cls.__name__}")
        option, parameter = _default(field), named[name].default
        if option is attrs.NOTHING:  # required, or a component reference
            continue
        ensure(
            parameter is not inspect.Parameter.empty,
            f"option '{name}' has the default {option!r}, the parameter has none",
        )
        ensure(
            parameter == option,
            f"default of '{name}': {option!r} as an option, {parameter!r} as a parameter",
        )
    for name in parameters.keys() - fields.keys() - CONTEXT.get(spec.kind, {}).keys():
        ensure(False, f"parameter '{name}' of {cls.__name__} is no option")


def options_survive_a_file(spec: ComponentSpec, resolve: Resolver) -> None:
    """The commented TOML of the options is read back as the defaults, and written again."""
    options = spec.options
    text = render_template(options, resolve, _names, title=str(spec))
    table = TomlTable(tomllib.loads(text), name="template", text=text)
    try:
        from_text: Any = structure(options, table, resolve)
    except ConfigError as error:
        wrong = [problem for problem in error.problems if MISSING not in problem]
        ensure(not wrong, f"the template is not valid: {'; '.join(wrong)}")
        raise CheckSkipped("some options have no default") from None
    defaults: Any = structure(options, TomlTable({}), resolve)
    ensure(
        unstructure(from_text) == unstructure(defaults), "the template differs from the defaults"
    )
    again: Any = structure(options, TomlTable(unstructure(defaults)), resolve)
    ensure(again == defaults, "options differ after they were written and read")


def abilities_are_declared(spec: ComponentSpec, resolve: Resolver) -> None:
    """What the built component can do is what the group ``geoframe.capabilities`` says of it."""
    from geoframe import capabilities
    from geoframe.abilities import abilities
    from geoframe.capabilities import capability

    if spec.kind == "method":
        raise CheckSkipped("a method is asked for nothing")
    declared = abilities(spec.kind, spec.name)
    if spec.kind == "dataset":
        provides = {getattr(spec.load(), "provides", None)}
    else:
        table = TomlTable({})
        try:
            options: Any = structure(spec.options, table, resolve)
        except ConfigError:
            raise CheckSkipped("some options have no default") from None
        built = Component(spec=spec, options=options).construct(**CONTEXT.get(spec.kind, {}))
        known = [each for each in vars(capabilities).values() if is_protocol(each)]
        provides = {each.__name__ for each in known if capability(built, each) is not None}
        if spec.kind == "embedder" and (built.items != "features" or built.items in declared):
            provides.add(built.items)
        names = {each.__name__ for each in known}
        declared = frozenset(each for each in declared if each in names or each.islower())
    for name in sorted(provides - declared, key=str):
        ensure(
            False,
            f'not declared: "{spec.kind}.{spec.name}.{name}" in the group geoframe.capabilities',
        )
    ensure(declared <= provides, f"declared but not so: {', '.join(sorted(declared - provides))}")


def method_has_a_config(spec: ComponentSpec, resolve: Resolver) -> None:
    """The ``Config`` of a method is a MethodConfig."""
    from geoframe.config import MethodConfig

    method = spec.load()
    config = getattr(method, "Config", None)
    ensure(
        isinstance(config, type) and issubclass(config, MethodConfig),
        f"{method.__name__}.Config is not a MethodConfig",
    )
    method()


def reference_tables_are_sound(spec: ComponentSpec, resolve: Resolver) -> None:
    """Published numbers are for columns of their table, and each row is a config, quick or not."""
    method: Any = spec.load()
    tables = method().reference_tables()
    if not tables:
        raise CheckSkipped("has no reference tables")
    names = [table.name for table in tables]
    ensure(len(set(names)) == len(names), "two reference tables have the same name")
    for table in tables:
        ensure(table.rows, f"reference table '{table.name}' has no rows")
        rows = [row.name for row in table.rows]
        ensure(len(set(rows)) == len(rows), f"{table.name}: two rows have the same name")
        for row in table.rows:
            unknown = sorted(set(row.published) - set(table.metrics))
            ensure(not unknown, f"{table.name}, {row.name}: no column for {', '.join(unknown)}")
            for overrides in (row.overrides, {**row.overrides, **table.quick}):
                try:
                    given = apply_overrides(TomlTable({}), {**overrides, "seed": 1}.items())
                    structure(method.Config, given, resolve)
                except ConfigError as error:
                    ensure(False, f"{table.name}, {row.name}: {error.problems[0]}")


COMPONENT_CHECKS: tuple[Check, ...] = (
    it_says_what_it_is,
    options_are_explained,
    options_need_no_torch,
    options_are_those_of_the_constructor,
    options_survive_a_file,
    abilities_are_declared,
)
"""For components of every kind. Each takes a ComponentSpec and a resolver."""

METHOD_CHECKS: tuple[Check, ...] = (method_has_a_config, reference_tables_are_sound)
"""For methods, besides :data:`COMPONENT_CHECKS`; the arguments are the same."""


def _declares_options(spec: ComponentSpec) -> bool:
    declared = spec.declared
    return attrs.has(declared) or hasattr(declared, "Config")


def is_protocol(value: object) -> bool:
    """Whether a value is a runtime-checkable protocol."""
    return bool(getattr(value, "_is_protocol", False)) and value is not Protocol


def _default(field: attrs.Attribute[Any]) -> Any:
    default: Any = field.default
    return default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]


def _names(kind: str) -> list[str]:
    return sorted(point.name for point in declared(KINDS[kind]))
