"""The errors a user may see; each message says what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class GeoframeError(Exception):
    """A mistake that a user can mend. The CLI prints it without a traceback and exits with 2."""

    exit_code = 2


class ConfigError(GeoframeError):
    """A configuration is wrong. Holds every problem found, one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class DataError(GeoframeError):
    """The user's data cannot be used as they are."""


class PluginError(GeoframeError):
    """A component or plugin is missing, broken or in conflict with another."""


class RunError(GeoframeError):
    """A run directory cannot be created, continued or read."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest known name, or an empty string."""
    matches = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{matches[0]}'?" if matches else ""
