"""Extra verbs that plugins add to the ``geoframe`` command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoframe.errors import PluginError
from geoframe.importing import import_target
from geoframe_registry import requirements
from geoframe_registry.discovery import COMMANDS, Entry, entries

if TYPE_CHECKING:
    import click


def load_command(name: str) -> click.Command:
    """Import the click command of an extra verb.

    Raises
    ------
    PluginError
        If two plugins add it, or it cannot be imported or is no click command.
    """
    matches = [entry for entry in entries(COMMANDS) if entry.name == name]
    if len(matches) != 1:
        owners = " and ".join(entry.distribution for entry in matches) or "no plugin"
        raise PluginError(f"verb '{name}' is added by {owners}; remove all but one")
    return import_command(matches[0])


def import_command(entry: Entry) -> click.Command:
    """Import the click command that one entry point names.

    Raises
    ------
    PluginError
        If it cannot be imported or is no click command.
    """
    import click

    label = f"verb '{entry.name}' of {entry.distribution} {entry.version}"
    requirements.require_core(entry.distribution)
    command = import_target(entry.target, label, entry.distribution)
    if not isinstance(command, click.Command):
        raise PluginError(f"{label}: '{entry.target}' is not a click command")
    return command
