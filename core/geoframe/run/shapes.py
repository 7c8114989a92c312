"""What the JSON files of a run hold: read with a check, so that a damaged one is told as such."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Any

from geoframe.errors import RunError
from geoframe.run.digests import check_seal
from geoframe.run.files import json_from_bytes, read_json

Shape = Mapping[str, type | tuple[type, ...]]

MANIFEST: Shape = {
    "method": str,
    "created": str,
    "seed": int,
    "command": list,
    "versions": dict,
    "python": str,
    "platform": str,
    "git": (dict, NoneType),
    "components": list,
    "id": str,
    "files": dict,
    "kept": dict,
}
RESULTS: Shape = {"metrics": dict, "method": str, "tables": dict, "notes": list}


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a run and check its digest; only ``method`` has to be there.

    Raises
    ------
    RunError
        If it is missing or damaged.
    """
    path = folder / "manifest.json"
    manifest = _checked(path, read_json(path), MANIFEST)
    check_seal(path, manifest)
    return manifest


def read_results(folder: Path, content: bytes | None = None) -> dict[str, Any]:
    """Read the results of a run; what they lack besides ``metrics`` is empty.

    Parameters
    ----------
    content
        What was read of the file already.

    Raises
    ------
    RunError
        If they are missing or damaged.
    """
    path = folder / "results.json"
    table = read_json(path) if content is None else json_from_bytes(path, content)
    results = _checked(path, table, RESULTS)
    for key, nothing in (("tables", {}), ("notes", [])):
        results.setdefault(key, nothing)  # at the end: the rest stays in the order of the file
    scalar = (int, float, str, NoneType)
    _require(path, "metrics", all(isinstance(each, scalar) for each in results["metrics"].values()))
    rows = [row for table in results["tables"].values() for row in _listed(path, table)]
    _require(path, "tables", all(isinstance(row, dict) for row in rows))
    _require(path, "notes", all(isinstance(note, str) for note in results["notes"]))
    return results


def _checked(path: Path, table: Any, shape: Shape) -> dict[str, Any]:
    required = next(iter(shape))
    if not isinstance(table, dict) or required not in table:
        raise RunError(f"{path}: is damaged: it is no JSON object with '{required}'")
    for key, kind in shape.items():
        _require(path, key, key not in table or isinstance(table[key], kind))
    checked: dict[str, Any] = table
    return checked


def _listed(path: Path, table: Any) -> list[Any]:
    _require(path, "tables", isinstance(table, list))
    rows: list[Any] = table
    return rows


def _require(path: Path, key: str, sound: bool) -> None:
    if not sound:
        raise RunError(f"{path}: is damaged: '{key}' is not what it should be")
