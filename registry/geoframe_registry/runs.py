"""Runs by method name: prepare one, carry it out, open one that is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from geoframe.components import Component, ComponentSpec
from geoframe.config import TomlTable, load_toml
from geoframe.errors import RunError
from geoframe_registry.configs import check_alternatives, configure, method_class, read_config
from geoframe_registry.hooks import Hooks

if TYPE_CHECKING:
    from geoframe.run.directory import Run

# What carries a run out needs torch. It is imported where it is used, after the config was
# checked, so that a mistake in a config is told at once.


def prepare(
    method: str,
    config: Mapping[str, Any] | TomlTable,
    path: Path | None = None,
    *,
    resume: bool = False,
    plugins: Iterable[object] = (),
) -> Run:
    """Check a config and claim the directory of its run; nothing is computed yet.

    Parameters
    ----------
    method
        Name of an installed method.
    config
        Plain tables. If they are empty and ``resume`` is set, the stored config is used.
    path
        The run directory; by default ``runs/<method>/<time>-<short id>``.
    resume
        Continue the run in ``path``, or start it if it is missing.
    plugins
        Objects with hook implementations to call besides the installed hook plugins.

    Raises
    ------
    PluginError, ConfigError, RunError
        If the method, the config or the directory cannot be used.
    """
    table = config if isinstance(config, TomlTable) else TomlTable(dict(config))
    if resume and path is None:
        raise RunError("resuming needs the run's directory")
    stored = _stored(method, path) if resume and path is not None else None
    if stored is not None and not table.values:
        table = stored
    spec, options = configure(method, table)
    if stored is None:
        check_alternatives(table, options)

    hooks = Hooks(plugins)

    from geoframe.run.creation import create_run, default_path
    from geoframe.run.manifest import describe_environment

    used = [spec, *_components(options)]
    facts = describe_environment({each.distribution for each in used}, options.seed)
    run = create_run(
        path or default_path(method.rpartition(":")[2]),
        method,
        method_class(spec)(),
        options,
        manifest={**facts, "components": [attrs.asdict(each) for each in used]},
        resume=resume,
        stored=configure(method, stored)[1] if stored is not None else None,
    )
    if run.main_process:
        run.fire = hooks.fire
    return run


def _stored(method: str, path: Path) -> TomlTable | None:
    """Config of the method's run in ``path``, if there is one."""
    if not (path / "manifest.json").exists():
        return None
    from geoframe.run.evidence import Evidence
    from geoframe.run.links import refuse_links

    refuse_links(path)
    kept = Evidence(path)
    kept.read("config.toml")
    same = kept.manifest["method"] == method
    return load_toml(path / "config.toml") if same else None


def finish(run: Run) -> Run:
    """Carry a prepared run out; one that is finished already is left as it is."""
    from geoframe.run.execute import execute, tell_finished

    if not run.finished:
        execute(run)
        return run
    try:
        tell_finished(run)
    finally:
        run.close()
    return run


def open_run(path: Path) -> Run:
    """Open a run directory for reading.

    The method is looked up by its name among the installed ones; no code is taken from ``path``.

    Raises
    ------
    RunError
        If there is no run at ``path``, or its files are damaged.
    PluginError
        If the method's plugin is not installed.
    """
    if not path.exists():
        raise RunError(f"{path}: no such folder")
    if not (path / "manifest.json").exists():
        raise RunError(f"{path}: is not a run directory (it has no manifest.json)")

    from geoframe.run.directory import Run
    from geoframe.run.evidence import Evidence
    from geoframe.run.links import refuse_links

    refuse_links(path)
    kept = Evidence(path)
    kept.read("config.toml")
    method = kept.manifest["method"]
    spec, options = read_config(method, load_toml(path / "config.toml"))
    return Run(path.absolute(), spec.name, method_class(spec)(), options)


def _components(value: Any) -> Iterator[ComponentSpec]:
    """Yield every component that a config refers to, at any depth."""
    if isinstance(value, Component):
        yield value.spec
        yield from _components(value.options)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _components(item)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from _components(getattr(value, field.name))
