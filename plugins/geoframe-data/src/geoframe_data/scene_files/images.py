"""A colour image with its depth image and intrinsics beside it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoframe.data import read_bytes, shown
from geoframe.errors import DataError
from geoframe_data.scene_files.archive import as_bytes
from geoframe_data.scene_files.depth_units import metres
from geoframe_data.scene_files.exr import read_exr
from geoframe_data.scene_files.intrinsics import read_intrinsics
from geoframe_data.scenes import Scenes

COLOUR_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
DEPTH_SUFFIXES = (".png", ".tif", ".tiff", ".npy", ".exr")
COLOUR_WORDS = ("color", "colour", "rgb", "image")
INTRINSICS_NAMES = ("intrinsics", "camera_info", "camera", "camera_intrinsics", "calibration")
INTRINSICS_SUFFIXES = (".json", ".yaml", ".yml")
MAX_PIXELS = 64 * 10**6
"""Pixels of the largest image that is decoded."""


def read_pair(
    colour: Path, depth: Path | None, intrinsics: Path | None, *, unit: str = "auto"
) -> Scenes:
    """Read one scene from a colour and a 16-bit (or float) depth image.

    A colour image with an EXIF orientation is turned, unless depth lies as the sensor did. One of
    another size but the same shape is resized to the depth image: both are taken
    to show the same, as drivers give them that align depth to colour and halve it.

    Parameters
    ----------
    depth, intrinsics
        None looks beside the colour image: ``x_color.png`` goes with ``x_depth.png`` and
        ``rgb/x.png`` with ``depth/x.png``; intrinsics are ``x.json``, ``intrinsics.json``,
        ``camera_info.yaml`` or alike, in the folder or the one above.

    Raises
    ------
    DataError
        If something is missing, or the images differ in shape.
    """
    depth = depth or find_depth(colour)
    intrinsics = intrinsics or find_intrinsics(colour)
    values = read_depth(depth)
    rgb, turned = _read_turned(colour, values.shape)
    repairs = [] if turned is None else [turned]
    sizes = [values.shape, rgb.shape[:2]]
    if rgb.shape[:2] != values.shape:
        rgb = _resized(rgb, values.shape, depth)
        repairs.append(f"{colour}: was resized to the depth image's size")
    camera = read_intrinsics(intrinsics, sizes)
    metric, remark = metres(str(depth), values, camera.depth_scale, unit)
    if remark is not None:
        repairs.append(remark)
    return Scenes(
        rgb=rgb[None],
        depth=metric[None],
        intrinsics=np.array([[camera.fx, camera.fy, camera.cx, camera.cy]]),
        names=(colour.stem,),
        repairs=tuple(repairs),
    )


def read_colour(path: Path) -> NDArray[np.uint8]:
    """Decode a colour image ``(h, w, 3)``; grey becomes colour, transparency is dropped."""
    return _colours(path, opened_image(path))


def _colours(path: Path, image: Any) -> NDArray[np.uint8]:
    if image.mode in ("I", "I;16", "F"):
        raise DataError(f"{path}: is a one-channel {image.mode} image; name the colour image here")
    return as_bytes(np.array(image.convert("RGB")))


def _read_turned(path: Path, size: tuple[int, int]) -> tuple[NDArray[np.uint8], str | None]:
    """Decode a colour image that goes with a depth image of ``size`` rows and columns.

    Returns
    -------
    pixels
        Turned as EXIF says, unless the depth image can only lie as the sensor did.
    remark
        What was done about the orientation, or None if there is none.
    """
    from PIL import ExifTags, ImageOps

    image = opened_image(path)
    if image.getexif().get(ExifTags.Base.Orientation, 1) == 1:
        return _colours(path, image), None
    upright = ImageOps.exif_transpose(image)
    if _alike(image.size[::-1], size) and not _alike(upright.size[::-1], size):
        remark = f"{path}: was not turned as its EXIF orientation says, since depth is not"
        return _colours(path, image), remark
    return _colours(path, upright), f"{path}: was turned as its EXIF orientation says"


def read_depth(path: Path) -> NDArray[Any]:
    """Decode a depth image ``(h, w)`` in the file's own unit."""
    if path.suffix.lower() == ".npy":
        try:
            values = np.load(BytesIO(read_bytes(path)), allow_pickle=False)
        except ValueError as error:
            raise DataError(f"{path}: not a readable array: {shown(error)}") from None
        values = np.asarray(values).squeeze()
        if values.ndim != 2:
            raise DataError(f"{path}: is no depth image: the array has shape {values.shape}")
        return values
    if path.suffix.lower() == ".exr":
        return read_exr(path, most=MAX_PIXELS)
    image = opened_image(path)
    values = np.array(image)
    if image.mode not in ("I", "I;16", "I;16B", "F"):
        raise DataError(
            f"{path}: depth must be a 16-bit or float image; this one is {image.mode} with 8 bits, "
            "which has lost the distances: export 16 bits (millimetres), float TIFF or npy"
        )
    return values


def find_depth(colour: Path) -> Path:
    """Return the depth image that goes with a colour image, by name."""
    name = colour.stem.lower()
    if "depth" in name and not any(word in name for word in COLOUR_WORDS):
        raise DataError(f"{colour}: is depth by its name; name the colour image that goes with it")
    if colour.suffix.lower() in INTRINSICS_SUFFIXES:
        raise DataError(f"{colour}: is no image; name the colour image that it goes with")
    tried = []
    for word in COLOUR_WORDS:
        if word in colour.stem.lower():
            tried.append(colour.parent / f"{_replaced(colour.stem, word)}")
        if colour.parent.name.lower() == word:
            tried.append(colour.parent.parent / "depth" / colour.stem)
    tried += [colour.parent / f"{colour.stem}_depth", colour.parent / "depth"]
    for stem in tried:
        for suffix in DEPTH_SUFFIXES:
            path = stem.with_name(stem.name + suffix)
            if path.is_file() and path != colour:
                return path
    raise DataError(f"{colour}: no depth image beside it (looked for {tried[0].name}.png); name it")


def find_intrinsics(colour: Path) -> Path:
    """Return the file of intrinsics beside a colour image or in the folder above."""
    stems = [colour.stem, f"{colour.stem}_intrinsics", f"{colour.stem}_camera_info"]
    for word in COLOUR_WORDS:
        if word in colour.stem.lower():
            stems += [_replaced(colour.stem, word, name) for name in INTRINSICS_NAMES]
            stems += [bare] if (bare := _replaced(colour.stem, word, "").strip("_-.")) else []
    for folder in (colour.parent, colour.parent.parent):
        for stem in (*stems, *INTRINSICS_NAMES):
            for suffix in INTRINSICS_SUFFIXES:
                if (path := folder / f"{stem}{suffix}").is_file():
                    return path
    raise DataError(
        f"{colour}: no intrinsics beside it (intrinsics.json with fx, fy, cx, cy, or a ROS "
        "camera_info.yaml); set data.intrinsics=FILE"
    )


def is_colour_file(path: Path) -> bool:
    """Whether a file of a folder looks like the colour image of a scene."""
    stem = path.stem.lower()
    return (
        path.suffix.lower() in COLOUR_SUFFIXES
        and not path.name.startswith(".")
        and not any(word in stem for word in ("depth", "mask", "seg"))
        and path.is_file()
    )


def _resized(rgb: NDArray[np.uint8], size: tuple[int, int], depth: Path) -> NDArray[np.uint8]:
    """Bring a colour image ``(h, w, 3)`` to ``size`` rows and columns of the same shape."""
    from PIL import Image

    (h, w), (rows, columns) = rgb.shape[:2], size
    if not _alike((h, w), size):
        raise DataError(
            f"{depth}: has {columns}x{rows} pixels and the colour image {w}x{h}; align the depth "
            "image to the colour camera first"
        )
    resized = Image.fromarray(rgb).resize((columns, rows), Image.Resampling.BOX)
    return np.array(resized)


def _alike(a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether two sizes are of the same shape, to a pixel."""
    return abs(a[0] * b[1] - a[1] * b[0]) <= max(*a, *b)


def _replaced(stem: str, word: str, by: str = "depth") -> str:
    at = stem.lower().rfind(word)
    return stem[:at] + by + stem[at + len(word) :]


def opened_image(path: Path) -> Any:
    """Open and decode a user's image, of a bounded number of pixels."""
    from PIL import Image

    content = read_bytes(path)
    try:
        image = Image.open(BytesIO(content))
        if image.width * image.height > MAX_PIXELS:
            raise DataError(
                f"{path}: has {image.width}x{image.height} pixels; the most is {MAX_PIXELS}"
            )
        image.load()
    except DataError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever they meet
        raise DataError(f"{path}: not a readable image: {shown(error)}") from None
    return image
