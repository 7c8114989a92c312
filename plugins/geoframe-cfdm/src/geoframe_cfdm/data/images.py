"""Items from a folder of images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_cfdm.data.config import ItemsConfig
from geoframe_cfdm.data.items import Items

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")


def read_folder(path: Path, config: ItemsConfig) -> Items:
    """Read all images of a folder and its subfolders, in the order of their names."""
    if not path.is_dir():
        raise DataError(f"{path}: is no folder; name a folder of images")
    files = sorted(
        file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file()
    )
    files = files[: config.limit]
    if not files:
        raise DataError(f"{path}: holds no images ({', '.join(SUFFIXES)})")
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
    if config.labels is not None:
        if config.labels != "folder":
            raise DataError(
                f"{path}: images have no labels '{config.labels}'; data.labels = 'folder' takes "
                "the names of subfolders"
            )
        folders = [file.parent.relative_to(path).as_posix() for file in files]
        names = tuple(sorted(set(folders)))
        number = {name: index for index, name in enumerate(names)}
        labels = torch.tensor([number[folder] for folder in folders])
    return Items(
        data=torch.from_numpy(np.stack(arrays)),
        labels=labels,
        label_names=names,
        names=tuple(file.relative_to(path).as_posix() for file in files),
        kind="images",
        origin=str(path),
    )


def read_image(path: Path, mode: str, size: int | None) -> Image.Image:
    """Read an image in a mode of Pillow, upright, resized to ``size`` x ``size`` unless None.

    Transparent parts become white if the mode has no alpha channel. 16 bits are reduced to 8.

    Raises
    ------
    DataError
        If it is none, damaged, or has pixels of 32 bits.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            image = ImageOps.exif_transpose(_eight_bits(opened, path))
    except UnidentifiedImageError:
        raise DataError(f"{path}: is not an image; remove it") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: cannot be read: {shown(error)}") from None
    if image.has_transparency_data and not mode.endswith("A"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert(mode)
    if size is not None:
        image = image.resize((size, size), Image.Resampling.LANCZOS)
    return image


def _eight_bits(image: Image.Image, path: Path) -> Image.Image:
    from PIL import Image

    if image.mode == "F" or image.mode.startswith("I"):  # Pillow would clip these
        pixels = np.asarray(image)
        if image.mode == "F" or pixels.min() < 0 or pixels.max() >= 2**16:
            raise DataError(
                f"{path}: has pixels of 32 bits; save the images with 8 bits, or all as npy"
            )
        return Image.fromarray(np.round(pixels / 257).astype(np.uint8))
    image.load()
    return image
