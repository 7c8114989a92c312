"""What a user's folder is: for ``geoframe try``. Torch-free."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from geoframe.data import listed
from geoframe.errors import DataError
from geoframe.suggestion import Guess
from geoframe_data.images import read_images
from geoframe_data.scene_files.reading import read_scenes

SIZE = 32
"""Pixels that images of different sizes are resized to."""
COLOURED = (".png", ".jpg", ".jpeg")
"""Suffixes of colour images beside depth."""


def guess_folder(path: Path) -> Guess | None:
    """Say what a folder seems to hold: scenes with depth, images or texts; or None.

    Raises
    ------
    DataError
        If it has depth images that cannot be read as they are.
    """
    attempts: tuple[Callable[[Path], Guess | None], ...] = (
        guess_scenes,
        _image_folder,
        _text_folder,
    )
    if any("depth" in each.name.lower() for each in path.glob("*")) and _has_images(path):
        return guess_scenes(path)  # or says what is missing
    for attempt in attempts:
        with suppress(DataError, OSError):
            found = attempt(path)
            if found is not None:
                return found
    return None


def guess_scenes(path: Path) -> Guess | None:
    """Say how many images with depth there are."""
    scenes = read_scenes(path)
    height, width = scenes.size
    return Guess(
        path=path,
        kind="scenes",
        value=scenes,
        said=(f"{counted(len(scenes), 'image')} with depth, {width} x {height} pixels.",),
        facts={"items": len(scenes)},
    )


def _image_folder(path: Path) -> Guess | None:
    folders = sorted(
        each.name for each in path.iterdir() if each.is_dir() and not each.name.startswith(".")
    )
    options: dict[str, Any] = {}
    try:
        items = read_images(path, folders_as_labels=bool(folders), limit=2000)
    except DataError:  # of different sizes; if it was something else, that is told here
        options["data.size"] = SIZE
        items = read_images(path, size=SIZE, folders_as_labels=bool(folders), limit=2000)
    shape = " x ".join(str(size) for size in items.data.shape[1:])
    said = [f"{counted(len(items), 'image')} of {shape}."]
    if options:
        said.append(f"They have different sizes; data.size={SIZE} makes all as large.")
    if len(folders) > 1:
        said.append(f"Each folder is a class: {listed(folders)}.")
    return Guess(
        path=path,
        kind="items",
        value=items,
        said=(*said, *items.notes[:2]),
        facts={"items": len(items), "images": True, "classes": len(folders)},
        options=options,
    )


def _text_folder(path: Path) -> Guess | None:
    texts = [each for each in path.rglob("*.txt") if not each.name.startswith(".")]
    if not texts:
        return None
    folders = sorted({each.parent.name for each in texts})
    return Guess(
        path=path,
        kind="texts",
        value=texts,
        said=(f"{counted(len(texts), 'text')} in folders {listed(folders)}.",),
        facts={"items": len(texts), "classes": len(folders)},
    )


def _has_images(path: Path) -> bool:
    return any(each.suffix.lower() in COLOURED for each in path.rglob("*"))


def counted(n: int, what: str) -> str:
    """Write a number of things: 1 image, 2 images."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"
