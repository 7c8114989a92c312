"""The health of every installed plugin, each looked at in isolation."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Literal

import attrs

import geoframe
from geoframe.components import KINDS, ComponentSpec
from geoframe.config.structure import walk
from geoframe.errors import PluginError
from geoframe_registry import hooks, requirements
from geoframe_registry.commands import import_command
from geoframe_registry.configs import method_class
from geoframe_registry.discovery import COMMANDS, HOOKS, Entry, installed, spec_of

State = Literal["ok", "conflict", "incompatible", "broken"]
STATES: tuple[State, ...] = ("ok", "conflict", "incompatible", "broken")
"""From good to bad."""

LABELS = {**{group: kind for kind, group in KINDS.items()}, HOOKS: "hooks", COMMANDS: "verb"}


@attrs.frozen
class Problem:
    """What is wrong with a plugin."""

    state: State
    reason: str
    """One line."""
    traceback: str = ""


@attrs.frozen(kw_only=True)
class PluginReport:
    """One distribution, what it brings, and what is wrong with it."""

    distribution: str
    version: str
    components: tuple[str, ...]
    """``"geometry snowflake"``, ``"hooks tracker"``, ``"verb sweep"``, ..."""
    problems: tuple[Problem, ...] = ()

    @property
    def state(self) -> State:
        """The worst of its problems' states."""
        return max((each.state for each in self.problems), key=STATES.index, default="ok")

    @property
    def reason(self) -> str:
        """The reason for its state in one line."""
        return next((each.reason for each in self.problems if each.state == self.state), "")


def plugin_reports(check: bool = False, *, verbs: Collection[str] = ()) -> list[PluginReport]:
    """Look at every distribution that declares something for geoframe.

    What entry points name is imported, which is cheap where they name config classes.

    Parameters
    ----------
    check
        Import the implementations too (and torch with them), and compare them with their
        interfaces.
    verbs
        Built-in verbs, which no plugin may replace.
    """
    found = installed()
    reports = []
    in_order = sorted(found.entries, key=lambda entry: (entry.distribution, entry.version))
    for (distribution, version), group in groupby(
        in_order, key=lambda entry: (entry.distribution, entry.version)
    ):
        entries = sorted(group, key=lambda entry: (list(LABELS).index(entry.group), entry.name))
        reports.append(
            PluginReport(
                distribution=distribution,
                version=version,
                components=tuple(f"{LABELS[entry.group]} {entry.name}" for entry in entries),
                problems=(
                    *(
                        Problem("conflict", each)
                        for each in conflicts(entries, found.entries, verbs)
                    ),
                    *_problems(entries, check),
                ),
            )
        )
    reports += [
        PluginReport(
            distribution=each.where,
            version="unknown",
            components=(),
            problems=(Problem("broken", f"damaged metadata: {each.reason}; reinstall it"),),
        )
        for each in found.damaged
    ]
    return reports


def conflicts(
    entries: list[Entry], everything: Collection[Entry], verbs: Collection[str]
) -> Iterator[str]:
    """Say of each entry that has a taken name who else has it; ``verbs`` are built in."""
    for entry in entries:
        what = f"{LABELS[entry.group]} '{entry.name}'"
        if entry.group == COMMANDS and entry.name in verbs:
            yield f"{what} is built in and cannot be replaced"
        others = [
            other.distribution
            for other in everything
            if (other.group, other.name) == (entry.group, entry.name) and other != entry
        ]
        if others and entry.group != HOOKS:  # hook plugins are never referred to by name
            yield f"{what} is also in {' and '.join(others)}"


def _problems(entries: list[Entry], check: bool) -> Iterator[Problem]:
    if mismatch := requirements.core_mismatch(entries[0].distribution):
        yield Problem("incompatible", mismatch)
        return  # what it imports may be missing; that would be no news
    for entry in entries:
        try:
            if mismatch := _examine(entry, check):
                yield Problem("incompatible", mismatch)
        except Exception as error:  # a stranger's class may raise anything
            about = (
                "" if isinstance(error, PluginError) else f"{LABELS[entry.group]} {entry.name}: "
            )
            reason = " ".join(f"{about}{type(error).__name__ if about else ''} {error}".split())
            yield Problem("broken", reason, "".join(traceback.format_exception(error)))


def _examine(entry: Entry, check: bool) -> str | None:
    """Raise what is wrong with what an entry point names, or return why it does not fit."""
    if entry.group == COMMANDS:
        import_command(entry)
    elif entry.group == HOOKS:
        if mismatch := hooks.api_mismatch(hooks.load_plugin(entry)):
            return f"{hooks.label(entry)}: {mismatch}"
        hooks.register(hooks.new_manager(), entry)
    else:
        _examine_component(spec_of(entry), check)
    return None


def _examine_component(spec: ComponentSpec, check: bool) -> None:
    if spec.kind == "method":
        list(walk(method_class(spec).Config))
        return
    _ = spec.declared
    if not check:
        return
    list(walk(spec.options))  # every option's type can be resolved
    interface = getattr(geoframe, spec.kind.capitalize(), None)  # datasets have none
    if interface is not None and not issubclass(spec.load(), interface):
        raise PluginError(f"{spec}: {spec.load().__qualname__} is no {interface.__name__}")
