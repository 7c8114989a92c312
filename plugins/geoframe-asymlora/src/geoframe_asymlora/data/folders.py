"""Folders in the manner of Hugging Face ``datasets``: saved to disk, or a file for each split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from geoframe.data import listed
from geoframe.errors import DataError
from geoframe_asymlora.data.rows import SUFFIXES, Row, read_rows

SPLITS = {
    "train": ("train",),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test",),
}


def read_folder(folder: Path) -> dict[str, list[Row]]:
    """Read the splits of a folder: ``train``, and ``validation`` and ``test`` if there are any.

    Raises
    ------
    DataError
        If there is no training split, or a file cannot be read.
    """
    saved = _saved_splits(folder)
    found = {}
    for split, names in SPLITS.items():
        for name in names:
            if name in saved:
                found[split] = _saved(saved[name])
            elif files := _split_files(folder, name):
                found[split] = [row for file in files for row in read_rows(file)]
            else:
                continue
            break
    if "train" not in found:
        present = sorted(entry.name for entry in folder.iterdir())
        raise DataError(
            f"{folder}: has no training split: expected train.csv (tsv, jsonl, parquet) or what "
            f"datasets' save_to_disk writes; it holds {listed(present) or 'nothing'}"
        )
    return found


def _saved_splits(folder: Path) -> dict[str, Path]:
    """Return the folders of ``save_to_disk`` by split; a single dataset is a training split."""
    if (folder / "dataset_dict.json").exists():
        return {name: folder / name for name in _json(folder / "dataset_dict.json")["splits"]}
    return {"train": folder} if (folder / "state.json").exists() else {}


def _split_files(folder: Path, name: str) -> list[Path]:
    """Return ``name.csv``, or ``name-00000-of-00002.parquet`` and so on, here or in ``data/``."""
    return sorted(
        path
        for base in (folder, folder / "data")
        for path in base.glob(f"{name}*")
        if path.name.split("-")[0].split(".")[0] == name
        and (path.with_suffix("") if path.suffix == ".gz" else path).suffix in SUFFIXES
    )


def _saved(folder: Path) -> list[Row]:
    """Read one split as ``save_to_disk`` writes it: Arrow streams, listed in ``state.json``."""
    import pyarrow as pa

    rows: list[Row] = []
    for entry in _json(folder / "state.json")["_data_files"]:
        path = folder / entry["filename"]
        try:
            with pa.memory_map(str(path)) as source:
                rows += pa.ipc.open_stream(source).read_all().to_pylist()
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{path}: is no readable Arrow file: {error}") from None
    return _named_classes(folder, rows)


def _named_classes(folder: Path, rows: list[Row]) -> list[Row]:
    """Replace class numbers by the names that ``dataset_info.json`` gives them."""
    info = folder / "dataset_info.json"
    features: dict[str, Any] = (_json(info).get("features") or {}) if info.exists() else {}
    for column, feature in features.items():
        names = feature.get("names") if isinstance(feature, dict) else None
        if isinstance(names, list):
            for row in rows:
                if isinstance(row[column], int) and 0 <= row[column] < len(names):
                    row[column] = names[row[column]]
    return rows


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    return found
