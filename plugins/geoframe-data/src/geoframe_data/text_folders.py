"""Folders of texts: a file for each split, ``datasets`` saved to disk, a folder for each class.

Torch-free.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from geoframe.data import listed, read_text, shown
from geoframe.errors import DataError
from geoframe_data.cells import SUFFIXES, Cells, of_arrow
from geoframe_data.files import check_regular, decode, plain_suffix

SPLITS = {
    "train": ("train",),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test",),
}


def read_folder(
    folder: Path, read: Callable[[Path], Cells], raw: Sequence[str] = ()
) -> dict[str, Cells]:
    """Read the splits of a folder: ``train``, and ``validation`` and ``test`` if there are any.

    Parameters
    ----------
    read
        Reads a file.
    raw
        Columns whose blanks belong to the text.

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
                found[split] = _saved(saved[name], raw)
            elif files := _split_files(folder, name):
                found[split] = joined([read(file) for file in files])
            elif (folder / name).is_dir() and (classes := _classes(folder / name)):
                found[split] = classes
            else:
                continue
            break
    if "train" not in found and (classes := _classes(folder)):
        return {"train": classes}
    if "train" not in found:
        present = sorted(entry.name for entry in folder.iterdir())
        raise DataError(
            f"{folder}: has no training split: expected train.csv (tsv, jsonl, parquet), what "
            "datasets' save_to_disk writes, or a folder of .txt files for each class; it holds "
            f"{listed(present) or 'nothing'}"
        )
    return found


def _split_files(folder: Path, name: str) -> list[Path]:
    """Return ``name.csv``, or ``name-00000-of-00002.parquet`` and so on, here or in ``data/``."""
    return sorted(
        path
        for base in (folder, folder / "data")
        for path in base.glob(f"{name}*")
        if path.name.split("-")[0].split(".")[0] == name
        and plain_suffix(path.name) in SUFFIXES
        and path.is_file()
    )


def joined(parts: list[Cells]) -> Cells:
    """Put files of the same columns one below the other.

    Raises
    ------
    DataError
        If their columns differ.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    for part in parts:
        if part.names != first.names:
            raise DataError(
                f"{part.path}: has the columns {listed(part.names)}, {first.path.name} has "
                f"{listed(first.names)}"
            )
    tables = [pa.table(list(part.columns), names=list(part.names)) for part in parts]
    joined = pa.concat_tables(tables, promote_options="permissive").combine_chunks()
    columns = tuple(column.chunk(0) for column in joined.columns)
    return Cells(path=first.path.parent, names=first.names, columns=columns, notes=first.notes)


def _classes(folder: Path) -> Cells | None:
    """Texts of the ``.txt`` files of each subfolder, whose name is their label; none if hidden."""
    files = [
        file
        for each in sorted(folder.iterdir())
        if each.is_dir() and not each.name.startswith(".")
        for file in sorted(each.glob("*.txt"))
        if not file.name.startswith(".") and file.is_file()
    ]
    if not files:
        return None
    texts = [decode(file, file.read_bytes()) for file in files]
    labels = [file.parent.name for file in files]
    columns = (pa.array(texts, pa.large_string()), pa.array(labels, pa.string()))
    return Cells(path=folder, names=("text", "label"), columns=columns)


def _saved_splits(folder: Path) -> dict[str, Path]:
    """Return the folders of ``save_to_disk`` by split; a single dataset is a training split."""
    if (folder / "dataset_dict.json").exists():
        splits = _json(folder / "dataset_dict.json").get("splits")
        if not isinstance(splits, list) or not all(isinstance(name, str) for name in splits):
            raise DataError(f"{folder / 'dataset_dict.json'}: names no splits")
        return {name: folder / name for name in splits}
    return {"train": folder} if (folder / "state.json").exists() else {}


def _saved(folder: Path, raw: Sequence[str]) -> Cells:
    """Read one split as ``save_to_disk`` writes it: Arrow streams, listed in ``state.json``."""
    tables = []
    for path in _arrow_files(folder):
        check_regular(path)
        try:
            with pa.memory_map(str(path)) as source:
                tables.append(pa.ipc.open_stream(source).read_all())
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{path}: is no readable Arrow file: {shown(error)}") from None
    if not tables:
        raise DataError(f"{folder}: holds no rows")
    cells = of_arrow(folder, pa.concat_tables(tables), raw=raw)
    return _named_classes(folder, cells)


def _arrow_files(folder: Path) -> list[Path]:
    """Return the files that ``state.json`` lists: names in the folder, and no paths out of it."""
    entries = _json(folder / "state.json").get("_data_files")
    try:
        names = [str(entry["filename"]) for entry in entries or ()]
    except (TypeError, KeyError):
        raise DataError(f"{folder / 'state.json'}: lists no files") from None
    if any(Path(name).name != name for name in names):
        raise DataError(f"{folder / 'state.json'}: names a file outside of the folder")
    return [folder / name for name in names]


def _named_classes(folder: Path, cells: Cells) -> Cells:
    """Replace class numbers by the names that ``dataset_info.json`` gives them."""
    info = folder / "dataset_info.json"
    features: dict[str, Any] = (_json(info).get("features") or {}) if info.exists() else {}
    columns = list(cells.columns)
    for name, feature in features.items():
        named = feature.get("names") if isinstance(feature, dict) else None
        if isinstance(named, list) and name in cells.names:
            place = cells.names.index(name)
            columns[place] = pa.array(
                [_class(value, named) for value in columns[place].to_pylist()], pa.string()
            )
    return Cells(path=cells.path, names=cells.names, columns=tuple(columns))


def _class(value: Any, names: list[Any]) -> str:
    inside = isinstance(value, int) and 0 <= value < len(names)
    return str(names[value]) if inside else "" if value is None else str(value)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: cannot be read: {shown(error)}") from None
    if not isinstance(found, dict):
        raise DataError(f"{path}: is no JSON object")
    return found
