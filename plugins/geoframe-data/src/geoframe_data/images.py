"""Images of a folder or a zip archive as items of one shape. Torch-free."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from geoframe.data import listed, shown
from geoframe.errors import DataError
from geoframe_data.files import check_regular
from geoframe_data.items import Items

SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"),
)
UNREAD = (".heic", ".heif", ".avif", ".svg", ".jp2", ".dng", ".cr2", ".nef", ".arw", ".psd")
"""Suffixes of images that are not read, and told of."""
PARTS = frozenset(("train", "training", "test", "val", "valid", "validation", "dev"))
"""Names of folders that hold parts of a data set; the classes are the folders in them."""
MAX_PIXELS = 2**26
"""Pixels that one image may have: 8192 x 8192."""

Reader = Callable[[], bytes]


def read_images(
    path: Path,
    *,
    size: int | None = None,
    grey: bool = False,
    transparent: bool = False,
    folders_as_labels: bool = False,
    limit: int | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Items:
    """Read the images of a folder and its subfolders, or of a zip archive, ordered by name.

    Folders and files whose names begin with a dot are left out.

    Parameters
    ----------
    size
        Height and width in pixels to resize to; None leaves images as they are.
    grey
        Read images without their colours.
    transparent
        Keep transparency, as a fourth channel of all images if one has any; what is fully
        transparent is white there. Otherwise transparent parts become white.
    folders_as_labels
        The folder of an image is its class.
    limit
        Images to read, the first ones.
    max_pixels
        Pixels that one image may have.

    Raises
    ------
    DataError
        If there are none, one is damaged or too large, or their sizes differ.
    """
    found, left_out = _members(path)
    found = found[:limit]
    if not found:
        others = "".join(f"; {note}" for note in left_out)
        raise DataError(f"{path}: holds no images ({', '.join(SUFFIXES)}){others}")
    repairs: Counter[str] = Counter()
    arrays: list[np.ndarray] = []
    mode = "L" if grey else "RGBA" if transparent else "RGB"
    for name, read in found:
        image, repaired = read_image(f"{path}/{name}", read, mode, size, max_pixels)
        repairs.update(repaired)
        arrays.append(np.asarray(image))
        if arrays[-1].shape != arrays[0].shape:
            raise DataError(
                f"{path}/{name}: has {arrays[-1].shape[1]}x{arrays[-1].shape[0]} pixels, "
                f"{found[0][0]} has {arrays[0].shape[1]}x{arrays[0].shape[0]}; set data.size to "
                "resize all"
            )
    labels: NDArray[np.int64] | None = None
    names: tuple[str, ...] = ()
    if folders_as_labels:
        folders, parts = _classes([PurePosixPath(name).parent for name, _ in found])
        names = tuple(sorted(set(folders)))
        labels = np.array([names.index(folder) for folder in folders], np.int64)
        if parts:
            left_out.append(
                f"{listed(parts)} are parts of the data; the folders in them are classes"
            )
    notes = [f"{count} images {what}" for what, count in repairs.items()]
    return Items(
        data=_white_where_transparent(np.stack(arrays)) if mode == "RGBA" else np.stack(arrays),
        labels=labels,
        label_names=names,
        names=tuple(name for name, _ in found),
        kind="images",
        origin=str(path),
        notes=(*notes, *left_out),
    )


def _white_where_transparent(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images ``(n, h, w, 4)`` without hidden colours; ``(n, h, w, 3)`` if all are opaque."""
    if images[..., 3].min() == 255:
        return images[..., :3]
    images[images[..., 3] == 0, :3] = 255
    return images


def _classes(folders: Sequence[PurePosixPath]) -> tuple[list[str], list[str]]:
    """Class of each image, and the parts of the data set that the classes stand in, if any."""
    parts = sorted({folder.parts[0] if folder.parts else "" for folder in folders})
    nested = all(len(folder.parts) > 1 for folder in folders)
    if not nested or not PARTS.issuperset(part.lower() for part in parts):
        return [folder.as_posix() for folder in folders], []
    return [PurePosixPath(*folder.parts[1:]).as_posix() for folder in folders], parts


def _members(path: Path) -> tuple[list[tuple[str, Reader]], list[str]]:
    """Names and readers of all images, and a sentence on each kind that was left out."""
    members: list[tuple[str, Reader]]
    if path.is_dir():
        members = [
            (file.relative_to(path).as_posix(), file.read_bytes)
            for file in sorted(path.rglob("*"))
            if file.is_file()
        ]
    else:
        if path.exists():
            check_regular(path)
        try:
            archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise DataError(
                f"{path}: is neither a folder nor a zip archive of images: {shown(error)}"
            ) from None
        members = [(name, partial(archive.read, name)) for name in sorted(archive.namelist())]
    visible: list[tuple[str, Reader]] = []
    hidden = 0
    for each in members:
        if PurePosixPath(each[0]).suffix.lower() not in (*SUFFIXES, *UNREAD):
            continue
        parts = PurePosixPath(each[0]).parts
        if any(part.startswith((".", "__MACOSX")) for part in parts):
            hidden += 1
        else:
            visible.append(each)
    images = [each for each in visible if PurePosixPath(each[0]).suffix.lower() in SUFFIXES]
    notes: list[str] = []
    if other := sorted({PurePosixPath(name).suffix.lower() for name, _ in visible} - {*SUFFIXES}):
        count = len(visible) - len(images)
        notes.append(f"{count} images of formats that are not read ({', '.join(other)}) left out")
    if hidden:
        notes.append(f"{hidden} hidden images (names that begin with a dot) were left out")
    return images, notes


def read_image(
    name: str, read: Reader, mode: str, size: int | None, max_pixels: int = MAX_PIXELS
) -> tuple[Image.Image, Sequence[str]]:
    """Read an image in a mode of Pillow, upright, resized to ``size`` x ``size`` unless None.

    Parameters
    ----------
    name
        What messages call it.
    read
        Gives its bytes.

    Returns
    -------
    Image, sequence of str
        The image, and what was changed: 16 bits are reduced to 8; transparent parts become white
        if the mode has no alpha channel; palettes and CMYK become colours; of several frames the
        first counts.

    Raises
    ------
    DataError
        If it is none, damaged, has pixels of 32 bits or too many of them.
    """
    repairs: list[str] = []
    try:
        with Image.open(io.BytesIO(read())) as opened:
            if opened.width * opened.height > max_pixels:
                raise DataError(
                    f"{name}: has {opened.width}x{opened.height} pixels, more than {max_pixels}; "
                    "make it smaller"
                )
            if getattr(opened, "n_frames", 1) > 1:
                repairs.append("have several frames, of which the first counts")
            if opened.getexif().get(ExifTags.Base.Orientation, 1) != 1:
                repairs.append("were turned upright as their EXIF data say")
            image = ImageOps.exif_transpose(_eight_bits(opened, name, repairs))
    except UnidentifiedImageError:
        raise DataError(f"{name}: is not an image; remove it") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{name}: cannot be read: {shown(error)}") from None
    if image.mode in ("P", "CMYK"):
        what = "palette" if image.mode == "P" else "CMYK inks"
        repairs.append(f"had their {what} turned into colours")
    if image.has_transparency_data and not mode.endswith("A"):
        image = image.convert("RGBA")
        if np.asarray(image)[..., 3].min() < 255:
            repairs.append("had transparent parts, which are white now")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert(mode)
    if size is not None:
        image = image.resize((size, size), Image.Resampling.LANCZOS)
    return image, repairs


def _eight_bits(image: Image.Image, name: str, repairs: list[str]) -> Image.Image:
    if image.mode == "F" or image.mode.startswith("I"):  # Pillow would clip these
        pixels = np.asarray(image)
        if image.mode == "F" or pixels.min() < 0 or pixels.max() >= 2**16:
            raise DataError(
                f"{name}: has pixels of 32 bits; save the images with 8 bits, or all as npy"
            )
        repairs.append("of 16 bits were reduced to 8")
        return Image.fromarray(np.round(pixels / 257).astype(np.uint8))
    image.load()
    return image
