"""Items from arrays: npz, npy and safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe.data import listed, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_cfdm.data.config import ItemsConfig
from geoframe_cfdm.data.items import Items
from geoframe_cfdm.data.labels import as_labels

Array = NDArray[Any]


def read_npz(path: Path, config: ItemsConfig) -> Items:
    """Read items, and labels, from a file of named arrays.

    Arrays of Python objects are passed over: they are never unpickled.
    """
    arrays: dict[str, Array] = {}
    pickled = []
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            for name in file.files:
                try:
                    arrays[name] = file[name]
                except ValueError:
                    pickled.append(name)
    except Exception as error:  # a damaged archive makes zipfile, zlib and numpy raise anything
        raise DataError(f"{path}: cannot be read as npz: {shown(error)}") from None
    for name in (config.array, config.labels):
        if name in pickled:
            raise DataError(
                f"{path}: '{name}' holds pickled Python objects, which are never loaded; save it "
                "as a plain array (names as str)"
            )
    return _of_arrays(arrays, path, config)


def read_npy(path: Path, config: ItemsConfig) -> Items:
    """Read items from one array, which stays on the disk."""
    if config.labels is not None:
        raise DataError(f"{path}: holds one array and no labels; use npz for data.labels")
    try:
        # Copy on write: the file is read by need and cannot be changed.
        array = np.load(path, mmap_mode="c", allow_pickle=False)
    except Exception as error:  # numpy raises ValueError, EOFError, TypeError, ... by damage
        raise DataError(f"{path}: cannot be read as npy: {shown(error)}") from None
    return Items(data=_tensor(array, str(path)), origin=str(path))


def read_safetensors(path: Path, config: ItemsConfig) -> Items:
    """Read items, and labels, from named tensors; those of bf16 and 8 bits become float32."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise DataError(f"{path}: is no safetensors file: {error}") from None
    arrays = {}
    for name, tensor in tensors.items():
        narrow = tensor.is_floating_point() and tensor.dtype not in (
            torch.float16,
            torch.float32,
            torch.float64,
        )
        arrays[name] = (tensor.float() if narrow else tensor).numpy()
    return _of_arrays(arrays, path, config)


def _of_arrays(arrays: Mapping[str, Array], path: Path, config: ItemsConfig) -> Items:
    chosen = _chosen(arrays, path, config)
    labels: Tensor | None = None
    names: tuple[str, ...] = ()
    if config.labels is not None:
        _require(config.labels, arrays, path)
        labels, names = as_labels(arrays[config.labels], f"{path}: '{config.labels}'")
    data = _tensor(arrays[chosen], f"{path}: '{chosen}'")
    return Items(data=data, labels=labels, label_names=names, origin=str(path))


def _chosen(arrays: Mapping[str, Array], path: Path, config: ItemsConfig) -> str:
    """Name of the array of items: the one named, or the only one that could be."""
    if config.array is not None:
        _require(config.array, arrays, path)
        return config.array
    possible = [
        name
        for name, array in arrays.items()
        if name != config.labels and array.ndim >= 2 and array.dtype.kind in "iuf"
    ]
    if not possible:
        held = [f"{name} {array.dtype} {array.shape}" for name, array in arrays.items()]
        raise DataError(
            f"{path}: no array could be the items, which are numbers of shape (n, ...); it holds: "
            f"{listed(held) or 'none'}"
        )
    if len(possible) > 1:
        raise DataError(
            f"{path}: {len(possible)} arrays could be the items; set data.array to one of: "
            f"{listed(possible)}"
        )
    return possible[0]


def _require(name: str, arrays: Mapping[str, Array], path: Path) -> None:
    if name not in arrays:
        raise DataError(
            f"{path}: no array '{name}'{did_you_mean(name, arrays)}; it holds: "
            f"{listed(list(arrays)) or 'none'}"
        )


def _tensor(array: Array, origin: str) -> Tensor:
    """Items as a tensor, over the same memory if torch knows the type."""
    if array.dtype.kind not in "iuf":
        raise DataError(f"{origin}: items must be numbers, not {array.dtype}")
    if array.ndim < 2:
        raise DataError(
            f"{origin}: has shape {array.shape}; items are rows, of shape (n, ...): numbers as "
            "items need a second axis, (n, 1)"
        )
    known = array.dtype.newbyteorder("=")
    if known.kind == "u" and known.itemsize > 1:
        known = np.dtype(np.int64)
    elif known.kind == "f" and known.itemsize > 8:
        known = np.dtype(np.float64)
    return torch.from_numpy(array.astype(known, copy=False))
