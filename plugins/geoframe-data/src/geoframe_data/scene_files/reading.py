"""One call for whatever RGB-D files a user has."""

from __future__ import annotations

from pathlib import Path

from geoframe.errors import DataError
from geoframe_data.scene_files.archive import read_npz
from geoframe_data.scene_files.bop import is_bop, read_bop
from geoframe_data.scene_files.images import is_colour_file, read_pair
from geoframe_data.scene_files.layouts import is_obpose, is_obsurf, read_obpose, read_obsurf
from geoframe_data.scenes import Scenes, merge


def read_scenes(
    path: Path,
    *,
    depth: Path | None = None,
    intrinsics: Path | None = None,
    unit: str = "auto",
) -> Scenes:
    """Read RGB-D scenes from a file or a folder.

    Parameters
    ----------
    path
        An npz file; a colour image with depth image and intrinsics beside it; or a folder of
        such files, of a BOP scene, of several, or in the layout of ObSuRF or ObPose.
    depth, intrinsics
        Files that go with one colour image, if they are not found by name; intrinsics serve a
        folder of images too.
    unit
        Unit of depth images: ``auto``, ``m``, ``cm``, ``mm`` or ``0.1mm``.

    Raises
    ------
    DataError
        If nothing can be read there, with what to do.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    images = colour_images(path)
    if depth is not None and images != [path]:
        raise DataError(f"{depth}: has no say, for {path} is not one colour image; leave it out")
    if intrinsics is not None and not images:
        raise DataError(f"{intrinsics}: has no say, for {path} has its own; leave it out")
    if images:
        return merge([read_pair(each, depth, intrinsics, unit=unit) for each in images])
    return _read_folder(path, unit) if path.is_dir() else read_npz(path, unit=unit)


def colour_images(path: Path) -> list[Path]:
    """Return the colour images by which scenes are stored; none for what has its own layout."""
    if not path.is_dir():
        return [] if path.suffix.lower() == ".npz" else [path]
    if is_bop(path) or is_obsurf(path) or is_obpose(path):
        return []
    below = _below(path)
    if any(each.suffix.lower() == ".npz" or (each.is_dir() and is_bop(each)) for each in below):
        return []
    images = [each for each in below if is_colour_file(each)]
    if images:
        return images
    inner = next((path / name for name in ("rgb", "color") if (path / name).is_dir()), None)
    return [] if inner is None else [each for each in _below(inner) if is_colour_file(each)]


def _read_folder(folder: Path, unit: str) -> Scenes:
    if is_bop(folder):
        return read_bop(folder)
    if is_obsurf(folder):
        return read_obsurf(folder)
    if is_obpose(folder):
        return read_obpose(folder)
    below = _below(folder)
    if sequences := [each for each in below if each.is_dir() and is_bop(each)]:
        return merge([read_bop(each) for each in sequences])
    if archives := [each for each in below if each.suffix.lower() == ".npz"]:
        return merge([read_npz(each, unit=unit) for each in archives])
    raise DataError(
        f"{folder}: no RGB-D scenes in it (npz files, colour images with depth images beside "
        "them, or a BOP scene with scene_camera.json)"
    )


def _below(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if not each.name.startswith("."))
