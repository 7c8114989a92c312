"""The runs below a folder, read from their JSON files alone: no plugin and no torch is imported."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

from geoframe.errors import RunError
from geoframe.run.evidence import Evidence
from geoframe.run.lock import in_use
from geoframe.run.shapes import read_manifest, read_results

DEPTH = 16
"""Folders within folders that are searched for runs."""

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
    """Why it is damaged, or why it stopped."""


def find_runs(folder: Path) -> list[RunRow]:
    """List the runs in a folder and up to ``DEPTH`` folders below it, oldest first.

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
    waiting = [(folder, 0)]
    while waiting:
        path, depth = waiting.pop()
        try:
            with os.scandir(path) as entries:
                found = {entry.name: entry for entry in entries}
        except OSError:  # a folder that is not ours to read
            continue
        if "manifest.json" in found and "config.toml" in found:
            yield path  # what lies inside belongs to the run
        elif depth < DEPTH:
            waiting += [
                (path / name, depth + 1)
                for name, entry in found.items()
                if entry.is_dir(follow_symlinks=False) and not name.startswith(".")
            ]


def _results(path: Path) -> dict[str, Any]:
    return read_results(path, Evidence(path).read("results.json"))


def _row(path: Path) -> RunRow:
    try:
        manifest = read_manifest(path)
        finished = (path / "results.json").exists()
        metrics = _results(path)["metrics"] if finished else {}
    except RunError as error:
        reason = str(error).removeprefix(f"{path}{os.sep}")
        return RunRow(path=path, method="", state="damaged", reason=reason)
    state: State = "finished" if finished else "running" if in_use(path) else "stopped"
    return RunRow(
        path=path,
        method=manifest["method"],
        state=state,
        seed=manifest.get("seed"),
        created=manifest.get("created", ""),
        metrics=metrics,
        reason=str(manifest.get("failure", "")) if state == "stopped" else "",
    )
