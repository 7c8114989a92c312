"""Users' files to items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from geoframe.data import format_by_suffix, shown
from geoframe.errors import DataError
from geoframe_cfdm.data.arrays import read_npy, read_npz, read_safetensors
from geoframe_cfdm.data.config import Format, ItemsConfig
from geoframe_cfdm.data.images import read_folder
from geoframe_cfdm.data.items import Items
from geoframe_cfdm.data.meshes import read_mesh
from geoframe_cfdm.data.tables import read_rows

SUFFIXES: Mapping[str, Format] = {
    ".npz": "npz",
    ".npy": "npy",
    ".safetensors": "safetensors",
    **dict.fromkeys((".csv", ".tsv"), "csv"),
    **dict.fromkeys((".ply", ".obj", ".stl", ".off"), "mesh"),
}
"""Ending of a file's name -> format."""
READERS: Mapping[Format, Callable[[Path, ItemsConfig], Items]] = {
    "npz": read_npz,
    "npy": read_npy,
    "safetensors": read_safetensors,
    "csv": read_rows,
    "images": read_folder,
    "mesh": read_mesh,
}
"""Format -> function that reads it."""


def load_items(config: ItemsConfig, *, least: int = 2) -> Items:
    """Read the user's items, or those of the dataset that stands for them.

    Parameters
    ----------
    least
        Number of items that there must be.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    if config.path is None:
        items: Items = config.dataset.build().load()
        return _checked(items.first(config.limit), least)
    path = config.path
    if not path.exists():
        raise DataError(f"{path}: no such file or folder; set data.path")
    try:
        items = READERS[_format(path, config)](path, config)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {shown(error)}") from error
    return _checked(items.first(config.limit), least)


def _format(path: Path, config: ItemsConfig) -> Format:
    if config.format != "auto":
        return config.format
    return "images" if path.is_dir() else format_by_suffix(path, SUFFIXES, compressions=(".gz",))


def _checked(items: Items, least: int) -> Items:
    data = items.data
    if len(data) < least or data[0].numel() == 0:
        raise DataError(
            f"{items.origin}: needs at least {least} items (n, ...), found shape "
            f"{tuple(data.shape)}"
        )
    if items.labels is not None and len(items.labels) != len(data):
        raise DataError(f"{items.origin}: {len(items.labels)} labels for {len(data)} items")
    if data.is_floating_point():
        for start in range(0, len(data), 8192):
            wrong = ~data[start : start + 8192].isfinite().flatten(1).all(1)
            if bool(wrong.any()):
                row = start + int(wrong.nonzero()[0])
                raise DataError(f"{items.origin}: item {row} holds nan or inf; remove or repair it")
    return items
