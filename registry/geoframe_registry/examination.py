"""What is wrong with what a plugin brings, found out in another process.

An import may end the process it happens in (a crash of a compiled extension, ``os._exit``) or never
come to an end. There it is a finding about one plugin; the others are looked at all the same.
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Iterator, Sequence
from typing import Literal

import attrs

import geoframe
from geoframe.components import ComponentSpec
from geoframe.config.structure import walk
from geoframe.errors import PluginError
from geoframe_registry import hooks, requirements
from geoframe_registry.commands import import_command
from geoframe_registry.configs import method_class
from geoframe_registry.discovery import COMMANDS, HOOKS, LABELS, Entry, spec_of
from geoframe_registry.isolation import Isolated, answers

State = Literal["ok", "conflict", "incompatible", "broken"]
STATES: tuple[State, ...] = ("ok", "conflict", "incompatible", "broken")
"""From good to bad."""

PATIENCE = 120.0
"""Seconds that the imports of one plugin may take."""


@attrs.frozen
class Problem:
    """What is wrong with a plugin."""

    state: State
    reason: str
    """One line."""
    traceback: str = ""


STRANGE = Problem("broken", "it writes into the answers about plugins")


def examine(
    plugins: Sequence[Sequence[Entry]], check: bool, *, patience: float = PATIENCE
) -> list[tuple[Problem, ...]]:
    """Import what each plugin's entry points name, in another process, and say what is wrong.

    Parameters
    ----------
    plugins
        The entry points of each plugin.
    check
        Import the implementations too (and torch with them), and compare them with their
        interfaces.
    patience
        Seconds that one plugin may take.
    """
    found: list[tuple[Problem, ...]] = []
    while len(found) < len(plugins):
        found += _examine_until_one_fails(plugins[len(found) :], check, patience)
    return found


def _examine_until_one_fails(
    plugins: Sequence[Sequence[Entry]], check: bool, patience: float
) -> Iterator[tuple[Problem, ...]]:
    """Start a process and yield what it finds, to the end or up to the plugin that ends it."""
    entries = [[attrs.astuple(entry) for entry in plugin] for plugin in plugins]
    with Isolated(serve, (entries, check)) as process:
        for _ in plugins:
            process.deadline = time.monotonic() + patience
            answer = process.line()
            if not answer:
                yield (Problem("broken", f"its import {process.how_it_ended(patience)}"),)
                return
            found = _understood(answer)
            yield (STRANGE,) if found is None else found
            if found is None:  # what follows belongs to no plugin either
                return


def _understood(answer: str) -> tuple[Problem, ...] | None:
    """Read what was said of a plugin, whose own code ran there; None if it makes no sense."""
    try:
        found = tuple(Problem(*each) for each in json.loads(answer))
    except (ValueError, TypeError, RecursionError):
        return None
    sound = all(
        each.state in STATES and isinstance(each.reason, str) and isinstance(each.traceback, str)
        for each in found
    )
    return found if sound else None


def serve(plugins: Sequence[Sequence[Sequence[str]]], check: bool) -> None:
    """Answer with what is wrong with each plugin; an entry is given as the list of its fields."""
    with answers() as answer:
        for plugin in plugins:
            entries = [Entry(*fields) for fields in plugin]
            answer([attrs.astuple(each) for each in _problems(entries, check)])


def _problems(entries: Sequence[Entry], check: bool) -> Iterator[Problem]:
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
