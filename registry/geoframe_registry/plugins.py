"""The health of every installed plugin, each looked at in isolation."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby

import attrs

from geoframe_registry.discovery import COMMANDS, HOOKS, LABELS, Entry, installed
from geoframe_registry.examination import STATES, Problem, State, examine


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

    What entry points name is imported in another process, which is cheap where they name config
    classes.

    Parameters
    ----------
    check
        Import the implementations too (and torch with them), and compare them with their
        interfaces.
    verbs
        Built-in verbs, which no plugin may replace.
    """
    found = installed()
    in_order = sorted(found.entries, key=lambda entry: (entry.distribution, entry.version))
    plugins = [
        sorted(group, key=lambda entry: (list(LABELS).index(entry.group), entry.name))
        for _, group in groupby(in_order, key=lambda entry: (entry.distribution, entry.version))
    ]
    reports = [
        PluginReport(
            distribution=entries[0].distribution,
            version=entries[0].version,
            components=tuple(f"{LABELS[entry.group]} {entry.name}" for entry in entries),
            problems=(
                *(Problem("conflict", each) for each in conflicts(entries, found.entries, verbs)),
                *problems,
            ),
        )
        for entries, problems in zip(plugins, examine(plugins, check), strict=True)
    ]
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
