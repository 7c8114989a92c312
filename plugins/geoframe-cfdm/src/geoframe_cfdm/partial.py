"""Items of which only a part is known, from the user's file."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe.data import read_bytes
from geoframe.errors import DataError
from geoframe_cfdm.config import ItemsConfig
from geoframe_data import Items, read_table
from geoframe_data.cells import SUFFIXES as TABLES
from geoframe_data.files import plain_suffix
from geoframe_data.images import SUFFIXES as IMAGES
from geoframe_data.images import read_image

Array = NDArray[np.float64]


def read_partial(
    path: Path, mask: Path | None, config: ItemsConfig, like: Items
) -> tuple[Tensor, Tensor]:
    """Read an item whose unknown parts are empty, and tell which parts are known.

    Parameters
    ----------
    path
        An image, whose transparent parts are unknown; an npy array with nan for unknown; or a
        table of one row with the columns of the data, where cells are empty or columns missing.
    mask
        A file of the same kind, not 0 (in an image: bright) where the item is known. It replaces
        what ``path`` says of that.
    config
        How the items themselves are read.
    like
        The items.

    Returns
    -------
    Tensor, Tensor
        The item in float64 and booleans, both ``item_shape``.

    Raises
    ------
    DataError
        If a file cannot be read as an item, or if nothing or everything is known.
    """
    for each in (path, mask):
        if each is not None and not each.is_file():
            raise DataError(f"{each}: no such file; set cfdm.inpaint")
    shape = tuple(like.data.shape[1:])
    values = _read(path, config, like)
    known = np.isfinite(values)
    if mask is not None:
        marked = _read(mask, config, like, grey=True)
        if marked.shape == shape[:-1]:  # one mark for all channels of a pixel
            marked = np.repeat(marked[..., None], shape[-1], -1)
        if marked.shape != values.shape:
            raise DataError(f"{mask}: has shape {marked.shape}, and {path} {values.shape}")
        bright = 127 if mask.suffix.lower() in IMAGES else 0
        if bool((lost := (marked > bright) & ~known).any()):
            raise DataError(f"{mask}: marks {int(lost.sum())} values as known that {path} lacks")
        known = marked > bright
    if values.shape != shape:
        raise DataError(f"{path}: has shape {values.shape}, the items of the data {shape}")
    if known.all() or not known.any():
        much = "all" if known.all() else "nothing"
        raise DataError(f"{mask or path}: says that {much} of the item is known; mark a part")
    return torch.from_numpy(np.where(known, values, 0)), torch.from_numpy(known)


def _read(path: Path, config: ItemsConfig, like: Items, *, grey: bool = False) -> Array:
    """Values of a file, nan where they are unknown."""
    suffix = path.suffix.lower()
    try:
        if suffix in IMAGES:
            return _image(path, config, grey=grey or like.data.ndim == 3)
        if suffix == ".npy":
            return np.asarray(np.load(BytesIO(read_bytes(path)), allow_pickle=False), np.float64)
        if plain_suffix(path.name) in TABLES:
            return _row(path, like)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: cannot be read: {reason}") from error
    raise DataError(f"{path}: an item with unknown parts is an image, an npy file or a table")


def _image(path: Path, config: ItemsConfig, *, grey: bool) -> Array:
    mode = "LA" if grey else "RGBA"
    image, _ = read_image(str(path), lambda: read_bytes(path), mode, config.size)
    pixels = np.array(image, np.float64)
    opaque = pixels[..., -1:] > 127
    values = np.where(opaque, pixels[..., :-1], np.nan)
    return values[..., 0] if grey else values


def _row(path: Path, like: Items) -> Array:
    if not like.columns:
        raise DataError(f"{path}: is a table, and the data are none; use an npy file")
    table = read_table(path, columns=like.columns, known=like.columns, schema=like.schema)
    if len(table) != 1:
        raise DataError(f"{path}: has {len(table)} rows; an item with unknown parts is one")
    if not table.columns:
        raise DataError(f"{path}: has none of the columns {', '.join(like.columns)}")
    row = {name: float(table.numbers(name)[0]) for name in table.columns}
    return np.array([row.get(name, np.nan) for name in like.columns])
