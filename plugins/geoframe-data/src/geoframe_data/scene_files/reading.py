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
    if path.is_dir():
        return _read_folder(path, intrinsics, unit)
    if path.suffix.lower() == ".npz":
        return read_npz(path, unit=unit)
    return read_pair(path, depth, intrinsics, unit=unit)


def _read_folder(folder: Path, intrinsics: Path | None, unit: str) -> Scenes:
    if is_bop(folder):
        return read_bop(folder)
    if is_obsurf(folder):
        return read_obsurf(folder)
    if is_obpose(folder):
        return read_obpose(folder)
    below = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    if sequences := [each for each in below if each.is_dir() and is_bop(each)]:
        return merge([read_bop(each) for each in sequences])
    if archives := [each for each in below if each.suffix.lower() == ".npz"]:
        return merge([read_npz(each, unit=unit) for each in archives])
    images = [each for each in below if is_colour_file(each)]
    if not images:
        inner = next((folder / name for name in ("rgb", "color") if (folder / name).is_dir()), None)
        images = [] if inner is None else [p for p in sorted(inner.iterdir()) if is_colour_file(p)]
    if not images:
        raise DataError(
            f"{folder}: no RGB-D scenes in it (npz files, colour images with depth images beside "
            "them, or a BOP scene with scene_camera.json)"
        )
    return merge([read_pair(each, None, intrinsics, unit=unit) for each in images])
