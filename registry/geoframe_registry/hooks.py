"""Calling hook plugins so that none of them can disturb a run or another plugin."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable
from typing import Any

import pluggy

from geoframe import hooks as specifications
from geoframe.errors import PluginError
from geoframe.importing import import_target
from geoframe.text import one_line
from geoframe_registry import requirements
from geoframe_registry.discovery import HOOKS, Entry, entries

STRICT = "GEOFRAME_STRICT"
"""Environment variable: 1 turns the warnings of this module into errors, for plugins' own CI."""

DISABLED = "GEOFRAME_DISABLE_PLUGINS"
"""Environment variable: ``all``, or hook plugins (or distributions) to leave out, by commas."""

log = logging.getLogger("geoframe")


def new_manager() -> pluggy.PluginManager:
    """Return a plugin manager that knows geoframe's hooks and no plugin."""
    manager = pluggy.PluginManager("geoframe")
    manager.add_hookspecs(specifications)
    return manager


def load_plugin(entry: Entry) -> Any:
    """Import what a hook plugin's entry point names.

    Raises
    ------
    PluginError
        If it cannot be imported, or needs another geoframe-core.
    """
    requirements.require_core(entry.distribution)
    return import_target(entry.target, label(entry), entry.distribution)


def api_mismatch(plugin: Any) -> str | None:
    """Say in what the hook API a plugin was written for differs from ours, if it does."""
    current, version = specifications.API_VERSION, getattr(plugin, "geoframe_api", 1)
    if version == current:
        return None
    newer = isinstance(version, int) and version > current
    return (
        f"it is written for hook API {version!r} and geoframe-core has {current}; "
        f"upgrade {'geoframe-core' if newer else 'the plugin'}"
    )


def register(manager: pluggy.PluginManager, entry: Entry) -> None:
    """Import one hook plugin and register it under ``distribution:name``.

    Raises
    ------
    PluginError
        If it cannot be imported, needs another API or implements hooks wrongly. It is not
        registered then.
    """
    plugin = load_plugin(entry)
    if isinstance(plugin, type):
        raise PluginError(
            f"{label(entry)}: '{entry.target}' is a class; name an object or a module"
        )
    if mismatch := api_mismatch(plugin):
        raise PluginError(f"{label(entry)}: {mismatch}")
    name = f"{entry.distribution}:{entry.name}"
    trial = new_manager()  # a plugin that is refused must leave no half of itself behind
    try:
        with warnings.catch_warnings(action="ignore"):  # the real registration warns
            trial.register(plugin, name)
        trial.check_pending()
        if not trial.get_hookcallers(plugin):
            raise PluginError(f"{label(entry)} has no @hookimpl in '{entry.target}'")
        manager.register(plugin, name)
    except (pluggy.PluginValidationError, ValueError, TypeError) as error:
        raise PluginError(f"{label(entry)}: {' '.join(str(error).split())}") from error


def label(entry: Entry) -> str:
    """Name a hook plugin in a message."""
    return f"hook plugin '{entry.name}' of {entry.distribution} {entry.version}"


class Hooks:
    """The hook plugins of a run.

    Parameters
    ----------
    plugins
        Objects with hook implementations to call besides the installed plugins.

    Raises
    ------
    PluginError
        If a plugin is broken and ``GEOFRAME_STRICT`` is set; it is only warned of otherwise.
    """

    def __init__(self, plugins: Iterable[object] = ()) -> None:
        self._warned: set[str] = set()
        manager = new_manager()
        for plugin in plugins:
            manager.register(plugin)
        disabled = {name.strip() for name in os.environ.get(DISABLED, "").split(",")}
        for entry in entries(HOOKS):
            if disabled & {"all", entry.name, entry.distribution}:
                continue
            try:
                register(manager, entry)
            except PluginError as error:
                self._complain(entry.name, str(error), error)
        everyone = manager.get_plugins()
        # One caller per plugin: pluggy ends a common call at the first that raises.
        self._callers = [
            (name, manager.subset_hook_caller, everyone - {plugin})
            for name, plugin in manager.list_name_plugin()
            if plugin is not None
        ]

    def fire(self, name: str, **arguments: object) -> None:
        """Call hook ``name`` on each plugin; one that raises is warned of, once.

        Raises
        ------
        PluginError
            If a plugin raises and ``GEOFRAME_STRICT`` is set.
        """
        for plugin, subset, others in self._callers:
            try:
                subset(name, others)(**arguments)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # whatever a stranger's code raises
                self._complain(
                    plugin,
                    f"plugin {plugin}: {name} raised {type(error).__name__}: {error}; "
                    "the run goes on without it",
                    error,
                )

    def _complain(self, plugin: str, message: str, error: BaseException) -> None:
        if os.environ.get(STRICT) == "1":
            raise PluginError(message) from error
        if plugin not in self._warned:
            self._warned.add(plugin)
            debug = os.environ.get("GEOFRAME_DEBUG") == "1"
            log.warning("Warning: %s", one_line(message), exc_info=error if debug else None)
