"""Users' files to items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe.errors import DataError, did_you_mean
from geoframe_cfdm.data.config import Format, ItemsConfig
from geoframe_cfdm.data.items import Items, as_labels

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

SUFFIXES: Mapping[str, Format] = {
    ".npz": "npz",
    ".npy": "npy",
    ".safetensors": "safetensors",
    ".csv": "csv",
    ".tsv": "csv",
    **dict.fromkeys((".ply", ".obj", ".stl", ".off"), "mesh"),
}
"""File suffix -> format."""
IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")


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
        return _checked(items.first(config.limit), least)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: cannot be read: {reason}") from error


def _format(path: Path, config: ItemsConfig) -> Format:
    if config.format != "auto":
        return config.format
    if path.is_dir():
        return "images"
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(
            f"{path}: the suffix '{path.suffix}' says nothing about the format; set data.format "
            f"(known suffixes: {', '.join(SUFFIXES)})"
        )
    return SUFFIXES[path.suffix.lower()]


def _checked(items: Items, least: int) -> Items:
    data = items.data
    if data.is_complex() or data.dtype == torch.bool:
        raise DataError(f"{items.origin}: items must be real numbers, not {data.dtype}")
    if data.ndim < 2 or len(data) < least or data[0].numel() == 0:
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


def _chosen(arrays: Mapping[str, Any], path: Path, config: ItemsConfig) -> str:
    """Name of the array of items: the one named, or the only one that could be."""
    if config.array is not None:
        if config.array not in arrays:
            raise DataError(
                f"{path}: no array '{config.array}'{did_you_mean(config.array, arrays)}; "
                f"it holds: {', '.join(arrays) or 'none'}"
            )
        return config.array
    possible = [
        name
        for name, array in arrays.items()
        if name != config.labels and array.ndim >= 2 and array.dtype.kind in "iuf"
    ]
    if len(possible) != 1:
        raise DataError(
            f"{path}: {len(possible)} arrays could be the items; set data.array to one of: "
            f"{', '.join(arrays) or 'none'}"
        )
    return possible[0]


def _of_arrays(arrays: Mapping[str, NDArray[Any]], path: Path, config: ItemsConfig) -> Items:
    data = arrays[_chosen(arrays, path, config)]
    labels = None
    if config.labels is not None:
        if config.labels not in arrays:
            raise DataError(
                f"{path}: no array '{config.labels}'{did_you_mean(config.labels, arrays)}"
            )
        labels = as_labels(torch.from_numpy(arrays[config.labels].astype(np.int64)))
    return Items(data=_tensor(data, path), labels=labels, origin=str(path))


def _tensor(array: NDArray[Any], path: Path) -> Tensor:
    if array.dtype.kind not in "iuf":
        raise DataError(f"{path}: items must be numbers, not {array.dtype}")
    if array.dtype.kind == "u" and array.dtype.itemsize > 1:
        array = array.astype(np.int64)
    return torch.from_numpy(array)


def _npz(path: Path, config: ItemsConfig) -> Items:
    with np.load(path, allow_pickle=False) as file:
        return _of_arrays({name: file[name] for name in file.files}, path, config)


def _npy(path: Path, config: ItemsConfig) -> Items:
    if config.labels is not None:
        raise DataError(f"{path}: holds one array and no labels; use npz for data.labels")
    # Copy on write: the file stays on the disk, is read by need and cannot be changed.
    array = np.load(path, mmap_mode="c", allow_pickle=False)
    return Items(data=_tensor(array, path), origin=str(path))


def _safetensors(path: Path, config: ItemsConfig) -> Items:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return _of_arrays(load_file(path), path, config)
    except SafetensorError as error:
        raise DataError(f"{path}: is no safetensors file: {error}") from None


def _csv(path: Path, config: ItemsConfig) -> Items:
    import pandas as pd

    table = read_table(path)
    labels: Tensor | None = None
    names: tuple[str, ...] = ()
    if config.labels is not None:
        if config.labels not in table:
            raise DataError(
                f"{path}: no column '{config.labels}'{did_you_mean(config.labels, table.columns)}"
            )
        codes, found = pd.factorize(table.pop(config.labels), sort=True)
        labels, names = torch.from_numpy(codes.astype(np.int64)), tuple(str(n) for n in found)
    numeric = table.select_dtypes("number")
    chosen = [name for name in numeric if any(fnmatch(str(name), each) for each in config.columns)]
    if not chosen:
        raise DataError(f"{path}: no numeric column matches data.columns {list(config.columns)}")
    data = torch.from_numpy(numeric[chosen].to_numpy(np.float32, copy=True))
    return Items(
        data=data,
        labels=labels,
        label_names=names,
        columns=tuple(str(name) for name in chosen),
        kind="table",
        origin=str(path),
    )


def read_table(path: Path) -> pd.DataFrame:
    """Read a csv or tsv file, of commas or semicolons."""
    import pandas as pd

    separator = "\t"
    if path.suffix.lower() != ".tsv":
        with path.open(encoding="utf-8", errors="replace") as file:
            head = file.readline()
        separator = ";" if head.count(";") > head.count(",") else ","
    return pd.read_csv(path, sep=separator)


def read_image(path: Path, mode: str, size: int | None) -> Image.Image:
    """Read an image in a mode of Pillow, resized to ``size`` x ``size`` unless that is None.

    Raises
    ------
    DataError
        If it is none.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            image = opened.convert(mode)
    except UnidentifiedImageError:
        raise DataError(f"{path}: is not an image; remove it") from None
    if size is not None:
        image = image.resize((size, size), Image.Resampling.LANCZOS)
    return image


def _images(path: Path, config: ItemsConfig) -> Items:
    files = sorted(
        file for file in path.rglob("*") if file.suffix.lower() in IMAGES and file.is_file()
    )
    files = files[: config.limit]
    if not files:
        raise DataError(f"{path}: holds no images ({', '.join(IMAGES)})")
    arrays = []
    for file in files:
        arrays.append(np.asarray(read_image(file, "L" if config.grey else "RGB", config.size)))
        if arrays[-1].shape != arrays[0].shape:
            raise DataError(
                f"{file}: has {arrays[-1].shape[1]}x{arrays[-1].shape[0]} pixels, {files[0].name} "
                f"has {arrays[0].shape[1]}x{arrays[0].shape[0]}; set data.size to resize all"
            )
    labels: Tensor | None = None
    names: tuple[str, ...] = ()
    if config.labels == "folder":
        folders = [file.parent.relative_to(path).as_posix() for file in files]
        names = tuple(sorted(set(folders)))
        labels = torch.tensor([names.index(folder) for folder in folders])
    data = torch.from_numpy(np.stack(arrays))
    return Items(
        data=data,
        labels=labels,
        label_names=names,
        names=tuple(file.relative_to(path).as_posix() for file in files),
        kind="images",
        origin=str(path),
    )


def _mesh(path: Path, config: ItemsConfig) -> Items:
    try:
        import trimesh
    except ImportError:
        raise DataError(
            f"{path}: reading meshes needs trimesh; pip install 'geoframe-cfdm[mesh]'"
        ) from None
    try:
        loaded = trimesh.load(path, process=False)
        merged: Any = loaded.to_geometry() if isinstance(loaded, trimesh.Scene) else loaded
        points = merged.vertices
    except Exception as error:  # trimesh fails on damaged files in all manners
        raise DataError(f"{path}: is no point cloud or mesh that trimesh can read") from error
    if config.surface_points is not None:
        mesh = trimesh.load_mesh(path, process=False)
        if not len(getattr(mesh, "faces", ())):
            raise DataError(f"{path}: has no faces; leave data.surface_points out")
        points, _ = trimesh.sample.sample_surface(mesh, config.surface_points, seed=0)
    data = torch.from_numpy(np.array(points, np.float32))
    return Items(data=data, kind="points", origin=str(path))


READERS: Mapping[Format, Callable[[Path, ItemsConfig], Items]] = {
    "npz": _npz,
    "npy": _npy,
    "safetensors": _safetensors,
    "csv": _csv,
    "images": _images,
    "mesh": _mesh,
}
"""Format -> function that reads it."""
