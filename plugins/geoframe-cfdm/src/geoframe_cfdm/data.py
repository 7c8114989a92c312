"""What the method takes: items of one shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch
from numpy.typing import NDArray

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_cfdm.config import ItemsConfig
from geoframe_cfdm.meshes import read_mesh
from geoframe_cfdm.mixed import MixedItems, mixed_items_of_table
from geoframe_data import (
    Items,
    Schema,
    Table,
    format_of,
    items_of_arrays,
    items_of_table,
    load_arrays,
    open_file,
    read_images,
    read_table,
)
from geoframe_data.cells import SUFFIXES as TABLES
from geoframe_data.files import read_head
from geoframe_data.item_sources import checked, map_array

SUFFIXES = {
    **TABLES,
    ".safetensors": "safetensors",
    **dict.fromkeys((".ply", ".obj", ".stl", ".off"), "mesh"),
}
"""Ending of a file's name -> format."""


def load_items(
    config: ItemsConfig,
    *,
    least: int = 2,
    schema: Schema | None = None,
    mixed: bool = False,
    transparent: bool = False,
) -> Items:
    """Read the user's items, or those of the dataset that stands for them.

    Parameters
    ----------
    least
        Number of items that there must be.
    schema
        Types of the columns of a table; None finds them.
    mixed
        Take texts, dates, truth values and gaps of a table as well as numbers.
    transparent
        What ``data.transparent = "auto"`` means: keep transparent parts of images.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    found: Items
    if config.path is None:
        loaded: Items | Table = config.dataset.build().load()
        found = _rows(loaded, config, mixed) if isinstance(loaded, Table) else loaded
    else:
        found = _read(config.path, config, schema, mixed, transparent)
    found = found.first(config.limit)
    return found if isinstance(found, MixedItems) and len(found) >= least else checked(found, least)


def might_be_table(config: ItemsConfig) -> bool:
    """Whether the items may be rows of a table, as far as can be told before reading."""
    if config.path is None or config.format != "auto":
        return config.path is None or config.format in set(TABLES.values())
    return config.path.is_file() and _format(config.path) in set(TABLES.values())


def _rows(table: Table, config: ItemsConfig, mixed: bool) -> Items:
    if mixed:
        return mixed_items_of_table(table, labels=config.labels)
    try:
        return items_of_table(table, labels=config.labels)
    except DataError as error:
        if bool(table.frame.isna().any(axis=None)):
            raise DataError(f"{error}; or set sampler.name = 'auto', which takes gaps") from None
        raise


def _read(path: Path, config: ItemsConfig, schema: Schema | None, mixed: bool, keep: bool) -> Items:
    form = config.format if config.format != "auto" else _format(path)
    if form == "images":
        if config.labels not in (None, "folder"):
            raise DataError(
                f"{path}: images have no labels '{config.labels}'; data.labels = 'folder' takes "
                "the names of subfolders"
            )
        return read_images(
            path,
            size=config.size,
            grey=config.grey,
            transparent=config.transparent == "keep" or (config.transparent == "auto" and keep),
            folders_as_labels=config.labels == "folder",
            limit=config.limit,
        )
    if form == "mesh":
        return read_mesh(path, config.surface_points)
    if form == "npy":
        if config.labels is not None:
            raise DataError(f"{path}: holds one array and no labels; use npz for data.labels")
        return items_of_arrays({"x": map_array(path)}, str(path))
    if form in ("npz", "safetensors"):
        arrays = _safetensors(path) if form == "safetensors" else _npz(path, config)
        return items_of_arrays(arrays, str(path), array=config.array, labels=config.labels)
    labels = [config.labels] if config.labels else []
    table = read_table(
        path,
        columns=[*config.columns, *labels],
        known=[*labels, *(each for each in config.columns if "*" not in each)],
        schema=schema,
        **{**config.reading(), "format": form},
    )
    return _rows(table, config, mixed)


def _format(path: Path) -> str:
    if path.is_dir():
        return "images"
    if not path.exists():
        raise DataError(f"{path}: no such file or folder; set data.path")
    if path.suffix.lower() in (".npz", ".npy"):  # which may be larger than memory
        return SUFFIXES[path.suffix.lower()]
    head = read_head(path)
    several = head.content.startswith(b"PK") and path.suffix.lower() == ".zip"
    return "images" if several else format_of(head, SUFFIXES)


def _npz(path: Path, config: ItemsConfig) -> dict[str, NDArray[Any]]:
    file = open_file(path, max_bytes=config.max_bytes)
    arrays = load_arrays(file, max_bytes=config.max_bytes, skip_objects=True)
    if {config.array, config.labels} - {None, *arrays}:
        return load_arrays(file, max_bytes=config.max_bytes)  # says why one is not there
    return arrays


def _safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """Read named tensors; those of bf16 and 8 bits become float32."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise DataError(f"{path}: is no safetensors file: {shown(error)}") from None
    wide = (torch.float16, torch.float32, torch.float64)
    return {
        name: np.asarray(
            tensor.float() if tensor.is_floating_point() and tensor.dtype not in wide else tensor
        )
        for name, tensor in tensors.items()
    }


def new_items(path: Path, config: ItemsConfig, like: Items) -> Items:
    """Read items of a file as those of the training were read; columns by their types.

    Raises
    ------
    DataError
        If they cannot be read, or a column is missing.
    """
    columns = like.columns or config.columns
    asked = attrs.evolve(config, path=path, columns=columns, labels=None, limit=None)
    found = load_items(asked, least=1, schema=like.schema)
    if absent := [name for name in like.columns if name not in found.columns]:
        raise DataError(f"{path}: column '{absent[0]}' of the training data is missing")
    return found
