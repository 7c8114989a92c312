"""The front door for Python: run a method, open a run, build a component by name.

This is the one module of the core that looks down the arrow to the registry, and only when one
of its functions is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoframe.components import FROM_METHOD

if TYPE_CHECKING:
    from geoframe.config import TomlTable
    from geoframe.run.directory import Run


def run_method(
    method: str,
    config: Mapping[str, Any] | None = None,
    *,
    path: str | PathLike[str] | None = None,
    resume: bool = False,
) -> Run:
    """Run a method as ``geoframe run`` does and return the finished run.

    Parameters
    ----------
    method
        Name of an installed method.
    config
        Plain nested tables, as the TOML file would hold them.
    path
        The run directory; by default ``runs/<method>/<time>-<short id>``.
    resume
        Continue the run in ``path``.

    Examples
    --------
    >>> run = geoframe.run_method("nst", {"trainer": {"steps": 500}})  # doctest: +SKIP
    >>> run.results["metrics"]["stress_edges"]                  # doctest: +SKIP
    """
    from geoframe_registry import runs

    prepared = runs.prepare(method, config or {}, Path(path) if path else None, resume=resume)
    return runs.finish(prepared)


def open_run(path: str | PathLike[str]) -> Run:
    """Open a run directory; ``open_run(path).load()`` gives the trained objects.

    Raises
    ------
    RunError
        If there is no run at ``path``.
    PluginError
        If the plugin that made it is not installed.
    """
    from geoframe_registry import runs

    return runs.open_run(Path(path))


def configure(method: str, config: Mapping[str, Any] | TomlTable | None = None) -> Any:
    """Check the config of a method and return it with every default filled in.

    Parameters
    ----------
    method
        Name of an installed method.
    config
        Plain nested tables, or what :func:`geoframe.config.load_toml` read.

    Raises
    ------
    PluginError
        If the method is not installed.
    ConfigError
        With every mistake in the config.
    """
    from geoframe.config import TomlTable
    from geoframe_registry import configs

    table = config if isinstance(config, TomlTable) else TomlTable(dict(config or {}))
    return configs.configure(method, table)[1]


def build(kind: str, name: str, /, **options: Any) -> Any:
    """Build an installed component: ``build("geometry", "hyperboloid", dim=5)``.

    An embedder also takes ``in_features`` and ``out_features``, which a method would give it.

    Raises
    ------
    PluginError
        If there is no such component.
    ConfigError
        If an option is unknown, missing or out of range.
    """
    from geoframe_registry import configs

    given = {key: options.pop(key) for key in FROM_METHOD.get(kind, ()) if key in options}
    return configs.component(kind, {"name": name, **options}).build(**given)
