"""What data are, and which installed methods suit them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from geoframe.entry_points import declared
from geoframe.errors import DataError, PluginError
from geoframe.importing import import_target
from geoframe.suggestion import Guess, Suggestion
from geoframe_registry.configs import method_class
from geoframe_registry.discovery import components

GUESSERS = "geoframe.guessers"
"""Entry-point group: functions from a path to a Guess or None."""
DESCRIBERS = "geoframe.describers"
"""Entry-point group: functions from a Guess to sentences about the data, slower to find."""


@attrs.frozen(kw_only=True)
class Candidate:
    """A method that suits the data."""

    method: str
    distribution: str
    suggestion: Suggestion


def guess(path: Path) -> Guess:
    """Say what a file or folder holds.

    Raises
    ------
    DataError
        If nobody knows, or it cannot be read.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    for function in _functions(GUESSERS):
        found: Guess | None = function(path)
        if found is not None:
            return found
    raise DataError(
        f"{path}: it is not clear what this is; 'geoframe list method' shows the methods, and "
        "'geoframe init METHOD' what each takes"
    )


def describe(found: Guess) -> Iterator[str]:
    """Yield sentences about the data that take longer to find."""
    for function in _functions(DESCRIBERS):
        yield from function(found)


def candidates(found: Guess) -> list[Candidate]:
    """Methods that suit the data, best first; a broken plugin is passed over."""
    suited = []
    for spec in components("method"):
        try:
            suggestion = method_class(spec)().suits(found)
        except PluginError:
            continue
        if suggestion is not None:
            suited.append(
                Candidate(method=spec.name, distribution=spec.distribution, suggestion=suggestion)
            )
    return sorted(suited, key=lambda each: -each.suggestion.fit)


def _functions(group: str) -> Iterator[Any]:
    for point in declared(group):
        label = f"{group.rpartition('.')[2]} '{point.name}'"
        try:
            yield import_target(point.value, label, str(point.dist))
        except PluginError:
            continue  # 'geoframe plugins' reports it
