"""Everything that can be checked of an installed component, by name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from geoframe.components import KINDS, Component, ComponentSpec
from geoframe.config import TomlTable, structure
from geoframe.config.structure import Resolver
from geoframe.entry_points import declared
from geoframe.errors import ConfigError, PluginError, did_you_mean
from geoframe.testing._report import (
    Check,
    CheckSkipped,
    Outcome,
    Report,
    Watch,
    ensure,
    run_checks,
)
from geoframe.testing.adapter import ADAPTER_CHECKS, example_model
from geoframe.testing.component import (
    COMPONENT_CHECKS,
    CONTEXT,
    METHOD_CHECKS,
    MISSING,
    it_can_be_imported,
    it_is_of_its_kind,
)
from geoframe.testing.dataset import DATASET_CHECKS
from geoframe.testing.embedder import EMBEDDER_CHECKS
from geoframe.testing.geometry import GEOMETRY_CHECKS
from geoframe.testing.sampler import SAMPLER_CHECKS, example_items
from geoframe.testing.trainer import TRAINER_CHECKS

QUICK: Mapping[str, Mapping[str, Any]] = {"trainer": {"steps": 100}}
"""Kind -> options to set, where the component has them, so that the checks are quick."""

SUITES: Mapping[str, tuple[Check, ...]] = {
    "geometry": GEOMETRY_CHECKS,
    "embedder": EMBEDDER_CHECKS,
    "trainer": TRAINER_CHECKS,
    "sampler": SAMPLER_CHECKS,
    "adapter": ADAPTER_CHECKS,
    "dataset": DATASET_CHECKS,
    "method": (),
}
"""Kind -> checks of the object that is built with default options."""


def its_expected_failures_are_checks(spec: ComponentSpec, resolve: Resolver) -> None:
    """If the class has ``expected_failures``, they map names of checks to reasons."""
    expected = _expected_failures(spec)
    ensure(isinstance(expected, Mapping), f"expected_failures is no mapping: {expected!r}")
    known = [check.__name__ for check in (*_declared_checks(spec.kind), *SUITES[spec.kind])]
    for name in expected:
        ensure(name in known, f"there is no check '{name}'{did_you_mean(str(name), known)}")


FIRST_CHECKS: tuple[Check, ...] = (
    it_can_be_imported,
    it_is_of_its_kind,
    its_expected_failures_are_checks,
)
"""For components of every kind; the first that fails is the last that is made."""


def _declared_checks(kind: str) -> tuple[Check, ...]:
    return COMPONENT_CHECKS + (METHOD_CHECKS if kind == "method" else ())


def _expected_failures(spec: ComponentSpec) -> Any:
    return getattr(spec.load(), "expected_failures", {})


def _options_without_default(
    spec: ComponentSpec, resolve: Resolver, given: Mapping[str, Any]
) -> str:
    """Name the options that keep a component from being built from these alone."""
    try:
        structure(spec.options, TomlTable(dict(given)), resolve)
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
    watch: Watch | None = None,
) -> Report:
    """Check what an installed component declares, then the objects that it builds.

    These are built from its defaults, or from each of the option sets that its class names as
    ``check_options``, a sequence of mappings; quick ones, for what takes long by default.

    Parameters
    ----------
    spec
        The component.
    resolve
        Finds other components that its options refer to; by default by entry point.
    expected_failures
        Name of a check -> reason why it is known to fail. If it passes, that is a failure. They
        are added to those that the component's class declares as ``expected_failures``.
    watch
        Is told of each check as it begins and ends.

    Raises
    ------
    ValueError
        If an expected failure names no check of this kind.
    """
    resolve = resolve or _installed
    first: tuple[Outcome, ...] = ()
    for check in FIRST_CHECKS:
        first += run_checks(str(spec), [check], spec, resolve, watch=watch).outcomes
        if first[-1].status == "failed":
            return Report(str(spec), first)
    declared = _declared_checks(spec.kind)
    names = {check.__name__ for check in declared}
    expected = {**_expected_failures(spec), **(expected_failures or {})}
    report = run_checks(
        str(spec),
        declared,
        spec,
        resolve,
        expected_failures={name: why for name, why in expected.items() if name in names},
        watch=watch,
    )
    of_object: tuple[Outcome, ...] = ()
    for number, given in enumerate(_option_sets(spec)):
        make, arguments = _built(spec, resolve, given)
        checks = SUITES[spec.kind]
        lacking = _options_without_default(spec, resolve, given)
        if lacking:
            checks = tuple(_skipped(check, f"has no default for {lacking}") for check in checks)
        of_object += run_checks(
            str(spec),
            checks,
            make,
            *arguments,
            expected_failures={name: why for name, why in expected.items() if name not in names},
            watch=watch,
            prefix=f"{number + 1}: " if number else "",
        ).outcomes
    return Report(str(spec), first + report.outcomes + of_object)


def _option_sets(spec: ComponentSpec) -> Sequence[Mapping[str, Any]]:
    """Options to build the component with: its class's ``check_options``, else its defaults."""
    sets: Sequence[Mapping[str, Any]] = getattr(spec.load(), "check_options", ({},))
    return sets


def _built(
    spec: ComponentSpec, resolve: Resolver, given: Mapping[str, Any]
) -> tuple[Callable[[], Any], tuple[Any, ...]]:
    """Return what builds the component from the given options, and the suite's arguments."""

    def make() -> Any:
        context = CONTEXT.get(spec.kind, {})
        # Options that are read off the constructor include what a method adds.
        fixed = {**context, **QUICK.get(spec.kind, {})}
        known = {field.name for field in attrs.fields(spec.options)} & fixed.keys()
        table = TomlTable({**{name: fixed[name] for name in known}, **given})
        options: Any = structure(spec.options, table, resolve)
        return Component(spec=spec, options=options).construct(**context)

    if spec.kind not in ("sampler", "adapter"):
        return make, ()
    cls = spec.load()
    return make, (example_items(cls),) if spec.kind == "sampler" else example_model(cls)


def _installed(kind: str, name: str) -> ComponentSpec:
    for point in declared(KINDS[kind], name):
        assert point.dist is not None
        return ComponentSpec(
            kind=kind,
            name=name,
            target=point.value,
            distribution=point.dist.name,
            version=point.dist.version,
        )
    raise PluginError(f"no {kind} '{name}' is installed")
