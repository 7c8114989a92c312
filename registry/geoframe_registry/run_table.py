"""The runs below a folder, read from their JSON files alone: no plugin and no torch is imported."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
import filelock

from geoframe.errors import RunError

State = Literal["finished", "running", "stopped", "damaged"]


@attrs.frozen(kw_only=True)
class RunRow:
    """What is known of one run."""

    path: Path
    method: str
    state: State
    """``stopped`` can be continued with ``--resume``; ``damaged`` cannot be read."""
    seed: int | None = None
    created: str = ""
    """Time, UTC, ISO 8601."""
    metrics: Mapping[str, Any] = attrs.field(factory=dict)
    reason: str = ""
    """Why it is damaged."""


def find_runs(folder: Path) -> list[RunRow]:
    """List the runs in and below a folder, oldest first.

    Raises
    ------
    RunError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise RunError(f"{folder}: no such folder")
    rows = [_row(path) for path in _run_folders(folder)]
    return sorted(rows, key=lambda row: (row.created, str(row.path)))


def _run_folders(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        if "manifest.json" in files and "config.toml" in files:
            folders.clear()  # what lies inside belongs to the run
            yield Path(where)
        folders[:] = sorted(name for name in folders if not name.startswith("."))


def _row(path: Path) -> RunRow:
    try:
        manifest = _read(path / "manifest.json", "method")
        finished = (path / "results.json").exists()
        metrics = _read(path / "results.json", "metrics")["metrics"] if finished else {}
    except (OSError, ValueError) as error:
        return RunRow(path=path, method="", state="damaged", reason=str(error))
    state: State = "finished" if finished else "running" if _in_use(path) else "stopped"
    return RunRow(
        path=path,
        method=str(manifest["method"]),
        state=state,
        seed=manifest.get("seed"),
        created=str(manifest.get("created", "")),
        metrics=metrics,
    )


def _read(path: Path, key: str) -> dict[str, Any]:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
    if not isinstance(table, dict) or key not in table:
        raise ValueError(f"{path.name} is no JSON object with '{key}'")
    return table


def _in_use(path: Path) -> bool:
    lock = filelock.FileLock(path / ".lock", timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        return True
    except OSError:  # a folder that is not ours to write
        return False
    lock.release()
    return False
