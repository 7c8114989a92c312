"""Claiming a directory for a run, or taking up the one that is there."""

from __future__ import annotations

import datetime
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoframe.config.plain import unstructure
from geoframe.config.toml import dump_toml
from geoframe.errors import RunError
from geoframe.run.digests import digest
from geoframe.run.directory import OWN_FILES, PARTS, Fire, Run, no_hooks
from geoframe.run.files import explained, flush_folder, write_bytes
from geoframe.run.links import refuse_links
from geoframe.run.lock import lock

if TYPE_CHECKING:
    from geoframe.method import Method


def default_path(method_name: str) -> Path:
    """``runs/<method>/<time>-<short id>`` below the current folder."""
    now = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    return Path("runs") / method_name / f"{now}-{secrets.token_hex(2)}"


def create_run(
    path: Path,
    method_name: str,
    method: Method,
    config: Any,
    *,
    manifest: Mapping[str, Any],
    fire: Fire = no_hooks,
    resume: bool = False,
    stored: Any = None,
) -> Run:
    """Claim a directory for a run, or take up the one that is there.

    Parameters
    ----------
    path
        The directory. It must not exist, or be empty, unless ``resume`` is set.
    manifest
        What is known before the run begins.
    resume
        Continue the run in ``path``; start it if it is missing or was killed before its
        manifest was complete.
    stored
        The config of the run that is there, as today's options read it: those that it was
        written without, because they are new, are at their defaults. None takes it as written.

    Raises
    ------
    RunError
        If the directory holds something else, is in use, belongs to another config, or cannot
        be written.
    """
    run = Run(path.absolute(), method_name, method, config, fire, _is_main_process())
    if not run.main_process:
        return run
    with explained(path):
        path.mkdir(parents=True, exist_ok=True)
    refuse_links(path)
    with explained(path):
        run._lock = lock(path)
    try:
        _claim(run, manifest, resume, stored)
    except BaseException:
        run.close()
        raise
    return run


def _claim(run: Run, manifest: Mapping[str, Any], resume: bool, stored: Any) -> None:
    present = {entry.name for entry in run.path.iterdir() if not entry.name.startswith(".tmp-")}
    if present - {".lock"} and not resume:
        raise RunError(f"{run.path}: exists already; continue it with --resume or name another")
    config_text = dump_toml(unstructure(run.config))
    if "manifest.json" in present:
        _check_same_config(run, config_text, stored)
        _sweep(run)
        return
    if foreign := sorted(present - OWN_FILES):
        raise RunError(f"{run.path}: is not a run directory (it holds '{foreign[0]}')")
    run.checkpoints.clear()
    _sweep(run)
    write_bytes(run.path / "metrics.jsonl", b"")
    content = config_text.encode()
    write_bytes(run.path / "config.toml", content)
    # The manifest comes last: it marks the directory as complete.
    known = {"id": secrets.token_hex(16), "files": {"config.toml": [digest(content)]}}
    run._evidence.create({"method": run.method_name, **manifest, **known})
    with explained(run.path):
        flush_folder(run.path.parent)


def _sweep(run: Run) -> None:
    """Drop what killed writers left; nobody else writes here, since the lock is ours."""
    run.checkpoints.sweep()
    folders = (run.path, run.path / "figures", *run.path.glob(f"{PARTS}/**/"))
    for leftover in [each for folder in folders for each in folder.glob(".tmp-*")]:
        if leftover.is_dir() and not leftover.is_symlink():  # a checkpoint of a part
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def _check_same_config(run: Run, config_text: str, read: Any) -> None:
    if run.manifest["method"] != run.method_name:
        raise RunError(f"{run.path}: is a run of '{run.manifest['method']}'")
    stored = run._evidence.read("config.toml").decode(errors="replace")
    if read is not None:
        stored = dump_toml(unstructure(read))
    if stored != config_text:
        changed = sorted(set(config_text.splitlines()) ^ set(stored.splitlines()))
        raise RunError(
            f"{run.path}: cannot resume with another config; it differs in "
            f"'{changed[0]}' (leave --config and --set out to use the stored one)"
        )


def _is_main_process() -> bool:
    return int(os.environ.get("RANK", "0")) == 0
