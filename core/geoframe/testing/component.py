"""Conformance of an installed component: what it declares, and what it does."""

from __future__ import annotations

import functools
import inspect
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any

import attrs

from geoframe.components import KINDS, Component, ComponentSpec
from geoframe.config import TomlTable, render_template, structure, unstructure
from geoframe.config.structure import Resolver, walk
from geoframe.errors import ConfigError, PluginError
from geoframe.testing._report import Check, CheckSkipped, Report, ensure, run_checks
from geoframe.testing.adapter import ADAPTER_CHECKS, example_model
from geoframe.testing.embedder import EMBEDDER_CHECKS
from geoframe.testing.geometry import GEOMETRY_CHECKS
from geoframe.testing.sampler import SAMPLER_CHECKS, example_items
from geoframe.testing.trainer import TRAINER_CHECKS

CONTEXT: Mapping[str, Mapping[str, Any]] = {"embedder": {"in_features": 6, "out_features": 3}}
"""Kind -> what a method adds to the options when it builds a component."""

QUICK: Mapping[str, Mapping[str, Any]] = {"trainer": {"steps": 100}}
"""Kind -> options to set, where the component has them, so that the checks are quick."""

BY_KEYWORD = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)

MISSING = "missing, and it has no default"
"""How :func:`geoframe.config.structure` begins to say that a required option is absent."""


def it_can_be_imported(spec: ComponentSpec, resolve: Resolver) -> None:
    """What the entry point names exists and is a class."""
    spec.load()


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
    module = spec.target.partition(":")[0]
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    ensure(done.returncode == 0, done.stderr.strip() or f"importing {module} imports torch")


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


def method_has_a_config(spec: ComponentSpec, resolve: Resolver) -> None:
    """A method is a Method whose ``Config`` is a MethodConfig."""
    from geoframe.config import MethodConfig
    from geoframe.method import Method

    method = spec.load()
    ensure(issubclass(method, Method), f"{method.__name__} is not a geoframe.Method")
    config = getattr(method, "Config", None)
    ensure(
        isinstance(config, type) and issubclass(config, MethodConfig),
        f"{method.__name__}.Config is not a MethodConfig",
    )
    method()


def reference_tables_are_sound(spec: ComponentSpec, resolve: Resolver) -> None:
    """Published numbers are for columns of their table."""
    tables = spec.load()().reference_tables()
    if not tables:
        raise CheckSkipped("has no reference tables")
    names = [table.name for table in tables]
    ensure(len(set(names)) == len(names), "two reference tables have the same name")
    for table in tables:
        ensure(table.rows, f"reference table '{table.name}' has no rows")
        for row in table.rows:
            unknown = sorted(set(row.published) - set(table.metrics))
            ensure(not unknown, f"{table.name}, {row.name}: no column for {', '.join(unknown)}")


COMPONENT_CHECKS: tuple[Check, ...] = (
    it_can_be_imported,
    it_says_what_it_is,
    options_are_explained,
    options_need_no_torch,
    options_are_those_of_the_constructor,
    options_survive_a_file,
)
"""For components of every kind. Each takes a ComponentSpec and a resolver."""

METHOD_CHECKS: tuple[Check, ...] = (method_has_a_config, reference_tables_are_sound)
"""For methods, besides :data:`COMPONENT_CHECKS`; the arguments are the same."""

SUITES: Mapping[str, tuple[Check, ...]] = {
    "geometry": GEOMETRY_CHECKS,
    "embedder": EMBEDDER_CHECKS,
    "trainer": TRAINER_CHECKS,
    "sampler": SAMPLER_CHECKS,
    "adapter": ADAPTER_CHECKS,
    "dataset": (),
    "method": (),
}
"""Kind -> checks of the object that is built with default options."""


def _options_without_default(spec: ComponentSpec, resolve: Resolver) -> str:
    """Name the options that keep a component from being built from its defaults alone."""
    try:
        structure(spec.options, TomlTable({}), resolve)
    except ConfigError as error:
        return ", ".join(line.split(": ")[1] for line in error.problems if MISSING in line)
    return ""


def _skipped(check: Check, reason: str) -> Check:
    @functools.wraps(check)
    def skip(*arguments: object) -> None:
        raise CheckSkipped(reason)

    return skip


def check_component(
    spec: ComponentSpec,
    *,
    resolve: Resolver | None = None,
    expected_failures: Mapping[str, str] | None = None,
) -> Report:
    """Check what an installed component declares, then the object that its defaults build.

    Parameters
    ----------
    spec
        The component.
    resolve
        Finds other components that its options refer to; by default by entry point.
    expected_failures
        Name of a check -> reason why it is known to fail. If it passes, that is a failure.

    Raises
    ------
    ValueError
        If an expected failure names no check of this kind.
    """
    resolve = resolve or _installed
    expected = dict(expected_failures or {})
    declared = COMPONENT_CHECKS + (METHOD_CHECKS if spec.kind == "method" else ())
    names = {check.__name__ for check in declared}
    importing = run_checks(str(spec), declared[:1], spec, resolve)
    if not importing.ok:
        return importing
    report = run_checks(
        str(spec),
        declared,
        spec,
        resolve,
        expected_failures={name: why for name, why in expected.items() if name in names},
    )
    make, arguments = _built(spec, resolve)
    checks = SUITES[spec.kind]
    if lacking := _options_without_default(spec, resolve):
        checks = tuple(_skipped(check, f"has no default for {lacking}") for check in checks)
    of_object = run_checks(
        str(spec),
        checks,
        make,
        *arguments,
        expected_failures={name: why for name, why in expected.items() if name not in names},
    )
    return Report(str(spec), report.outcomes + of_object.outcomes)


def _built(spec: ComponentSpec, resolve: Resolver) -> tuple[Callable[[], Any], tuple[Any, ...]]:
    """Return what builds the component from its default options, and the suite's arguments."""

    def make() -> Any:
        context = CONTEXT.get(spec.kind, {})
        # Options that are read off the constructor include what a method adds.
        fixed = {**context, **QUICK.get(spec.kind, {})}
        known = {field.name for field in attrs.fields(spec.options)} & fixed.keys()
        table = TomlTable({name: fixed[name] for name in known})
        options: Any = structure(spec.options, table, resolve)
        return Component(spec=spec, options=options).build(**context)

    if spec.kind not in ("sampler", "adapter"):
        return make, ()
    cls = spec.load()
    return make, (example_items(cls),) if spec.kind == "sampler" else example_model(cls)


def _declares_options(spec: ComponentSpec) -> bool:
    declared = spec.declared
    return attrs.has(declared) or hasattr(declared, "Config")


def _default(field: attrs.Attribute[Any]) -> Any:
    default: Any = field.default
    return default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]


def _names(kind: str) -> list[str]:
    return sorted(point.name for point in metadata.entry_points(group=KINDS[kind]))


def _installed(kind: str, name: str) -> ComponentSpec:
    for point in metadata.entry_points(group=KINDS[kind], name=name):
        assert point.dist is not None
        return ComponentSpec(
            kind=kind,
            name=name,
            target=point.value,
            distribution=point.dist.name,
            version=point.dist.version,
        )
    raise PluginError(f"no {kind} '{name}' is installed")
