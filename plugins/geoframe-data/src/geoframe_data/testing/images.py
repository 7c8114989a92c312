"""Images as cameras, scanners and programs save them, and files that must be refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from geoframe_data.items import Items
from geoframe_data.testing.files import SuiteFile, Write

PIXELS = np.zeros((2, 3, 3), np.uint8)
PIXELS[0, 0] = 255, 0, 0
PIXELS[1, 2] = 0, 0, 255
PIXELS[0, 2] = 255, 255, 255
"""What every image of :func:`good_images` shows: red and white above, blue below, else black."""
NAMES = ("cat/0", "cat/1", "dog/0")
"""Their names without the ends, in order; the folder is the class."""
TOLERANCE = 90
"""Levels by which a pixel may differ in a format that loses some (JPEG, CMYK)."""


def check_images(items: Items) -> None:
    """Assert that images are those of the suite, with their folders as labels."""
    names = tuple(str(Path(name).with_suffix("")) for name in items.names)
    assert names == NAMES, items.names
    assert items.label_names == ("cat", "dog"), items.label_names
    assert items.labels is not None
    assert items.labels.tolist() == [0, 0, 1]
    assert items.data.shape == (len(NAMES), *PIXELS.shape), items.data.shape
    lossy = any(name.endswith((".jpg", ".jpeg")) for name in items.names)
    off = np.abs(items.data.astype(int) - PIXELS).max()
    assert off <= (TOLERANCE if lossy else 0), f"pixels are {off} levels off: {items.data[0]}"


def _image() -> Image.Image:
    return Image.fromarray(PIXELS)


def _palette() -> Image.Image:
    return _image().convert("P", palette=Image.Palette.ADAPTIVE, colors=8)


def _transparent() -> Image.Image:
    """White where it is transparent, whatever colour hides there."""
    pixels = np.dstack([PIXELS, np.full(PIXELS.shape[:2], 255, np.uint8)])
    pixels[0, 2] = 9, 9, 9, 0
    return Image.fromarray(pixels)


def _bytes(image: Image.Image, form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def _turned(form: str) -> bytes:
    """Lying on its side, with the EXIF entry that turns it upright."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return _bytes(_image().transpose(Image.Transpose.ROTATE_90), form, exif=exif)


def _folder(content: bytes, end: str) -> Write:
    def write(path: Path) -> None:
        for name in (*NAMES, ".ipynb_checkpoints/0", "dog/.ipynb_checkpoints/0", "dog/._0"):
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / f"{name}{end}").write_bytes(content)
        (path / "dog" / "Thumbs.db").write_bytes(b"no image")

    return write


def _archive(content: bytes) -> Write:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name in (*reversed(NAMES), "__MACOSX/cat/._0", "cat/._0"):
                archive.writestr(f"{name}.png", content)

    return write


def good_images() -> list[SuiteFile]:
    """Folders and archives that all hold :data:`PIXELS` three times, in two classes."""
    png = _bytes(_image(), "PNG")
    found: list[tuple[str, Write]] = [
        ("png", _folder(png, ".png")),
        ("capitals", _folder(png, ".PNG")),
        ("mislabelled", _folder(png, ".jpg")),
        ("bmp", _folder(_bytes(_image(), "BMP"), ".bmp")),
        ("tiff", _folder(_bytes(_image(), "TIFF"), ".tif")),
        ("webp", _folder(_bytes(_image(), "WEBP", lossless=True), ".webp")),
        ("ppm", _folder(_bytes(_image(), "PPM"), ".ppm")),
        ("palette", _folder(_bytes(_palette(), "PNG"), ".png")),
        ("gif", _folder(_bytes(_palette(), "GIF"), ".gif")),
        ("transparent", _folder(_bytes(_transparent(), "PNG"), ".png")),
        ("turned", _folder(_turned("PNG"), ".png")),
        ("jpeg", _folder(_bytes(_image(), "JPEG", quality=100, subsampling=0), ".jpeg")),
        ("images.zip", _archive(png)),
    ]
    return [SuiteFile(*each) for each in found]


def _each(**images: bytes) -> Write:
    def write(path: Path) -> None:
        path.mkdir()
        for name, content in images.items():
            (path / f"{name}.png").write_bytes(content)

    return write


def bad_images() -> list[SuiteFile]:
    """Folders and files that no reader of images takes."""
    png = _bytes(_image(), "PNG")
    floats: NDArray[np.float32] = np.zeros((2, 2), np.float32)
    bad: list[tuple[str, bytes | Write, str]] = [
        ("empty", lambda path: path.mkdir(), "holds no images"),
        ("text", _each(a=b"text"), "is not an image; remove it"),
        ("cut", _each(a=png[:45]), "cut/a.png"),
        ("sizes", _each(a=png, b=_bytes(Image.new("RGB", (5, 5)), "PNG")), "set data.size"),
        ("floats", _each(a=_bytes(Image.fromarray(floats), "TIFF")), "32 bits"),
        ("one.png", png, ""),
        ("cut.zip", b"PK\x03\x04 nonsense", "zip"),
    ]
    return [SuiteFile(name, content, {}, message) for name, content, message in bad]


def check_all_images(read: Callable[[Path], Items], folder: Path) -> None:
    """Assert that a reader understands every good folder or archive; for third parties."""
    for file in good_images():
        check_images(read(file.write(folder)))
