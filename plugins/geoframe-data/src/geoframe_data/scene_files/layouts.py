"""The layouts of two published data sets: ObSuRF's and ObPose's.

ObSuRF (CLEVR3D, MultiShapeNet): ``metadata.npz`` with ``camera_pos`` ``(n, views, 3)``,
``images/img_<scene>_<view>.png``, ``depths/depths_<scene>_<view>.png`` (16 bits, 65536 * 0.025
units of a world unit), ``masks/masks_<scene>_<view>.png``; all cameras look at the origin.
ObPose: a pickled dictionary per scene, ``<number>.npy``. It is not unpickled: arrays and plain
containers are read out of it, and anything else is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoframe.data import load_npz, read_bytes, shown
from geoframe.errors import DataError
from geoframe_data.scene_files.archive import as_bytes
from geoframe_data.scene_files.images import opened_image, read_colour, read_depth
from geoframe_data.scene_files.pickled_arrays import read_plain_pickle
from geoframe_data.scenes import Scenes, SceneTruth, merge

OBSURF_UNIT = 1 / (65536 * 0.025)
"""World units of one unit of ObSuRF's depth images."""
OBSURF_FIELD = 2 * np.arctan(32 / (2 * 35))
"""Horizontal field of view, radians, of CLEVR's camera: 35 mm lens, 32 mm sensor."""
MAX_SCENES = 20_000
"""Scenes that are read from one folder."""


def is_obsurf(folder: Path) -> bool:
    """Whether a folder has ObSuRF's layout."""
    return (folder / "metadata.npz").is_file() and (folder / "depths").is_dir()


def read_obsurf(folder: Path, *, view: int = 0) -> Scenes:
    """Read one view of every scene, in the data set's own unit of length.

    Depths are distances along the ray in CLEVR3D and along the optical axis in MultiShapeNet
    (which is told by its key ``shape_file``).

    Raises
    ------
    DataError
        If files are missing or damaged.
    """
    metadata = load_npz(folder / "metadata.npz")
    if "camera_pos" not in metadata:
        raise DataError(f"{folder / 'metadata.npz'}: no array 'camera_pos'")
    along_axis = "shape_file" in metadata
    pattern = re.compile(rf"img_(\d+)_{view}\.png")
    names = [each.name for each in (folder / "images").glob("*.png")]
    found = sorted(int(match[1]) for name in names if (match := pattern.fullmatch(name)))
    if not found:
        raise DataError(f"{folder / 'images'}: no img_<scene>_{view}.png in it")
    parts = []
    for scene in found[:MAX_SCENES]:
        rgb = read_colour(folder / "images" / f"img_{scene}_{view}.png")
        raw = read_depth(folder / "depths" / f"depths_{scene}_{view}.png")
        depth = raw.astype(np.float32) * np.float32(OBSURF_UNIT)
        h, w = depth.shape
        f = w / (2 * np.tan(OBSURF_FIELD / 2))
        if not along_axis:
            u = (np.arange(w) + 0.5 - w / 2) / f
            v = (np.arange(h) + 0.5 - h / 2) / f
            depth /= np.sqrt(1 + u[None, :] ** 2 + v[:, None] ** 2).astype(np.float32)
        masks = folder / "masks" / f"masks_{scene}_{view}.png"
        try:
            position = np.asarray(metadata["camera_pos"][scene, view], dtype=np.float64).reshape(3)
        except (IndexError, ValueError, TypeError):
            raise DataError(
                f"{folder / 'metadata.npz'}: camera_pos has no position of scene {scene}"
            ) from None
        parts.append(
            Scenes(
                rgb=rgb[None],
                depth=depth[None],
                intrinsics=np.array([[f, f, w / 2, h / 2]]),
                cameras=looking_at(position, np.zeros(3))[None],
                names=(f"{scene}_{view}",),
                truth=SceneTruth(segmentation=_labels(masks)[None]) if masks.is_file() else None,
            )
        )
    return merge(parts)


def is_obpose(folder: Path) -> bool:
    """Whether a folder has ObPose's layout."""
    return (folder / "0.npy").is_file()


def read_obpose(folder: Path) -> Scenes:
    """Read every ``<number>.npy`` of a folder.

    The simulator's negative focal length (image axes reversed) is turned into the usual camera.

    Raises
    ------
    DataError
        If a file holds anything but arrays, numbers, text and containers of these.
    """
    files = sorted((p for p in folder.glob("*.npy") if p.stem.isdigit()), key=lambda p: int(p.stem))
    return merge([_obpose_scene(path) for path in files[:MAX_SCENES]])


def looking_at(
    position: NDArray[np.floating[Any]], target: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    """Camera -> world ``(4, 4)`` of a camera at ``position`` whose axis meets ``target``, level."""
    forward = np.asarray(target, dtype=np.float64) - position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], 1)
    pose[:3, 3] = position
    return pose


def _labels(path: Path) -> NDArray[np.uint8]:
    return np.asarray(opened_image(path).convert("L"), dtype=np.uint8)


def _obpose_scene(path: Path) -> Scenes:
    content = BytesIO(read_bytes(path))
    try:
        version = np.lib.format.read_magic(content)
        reader = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        reader(content)
        table = read_plain_pickle(content.read()).item()
        rgb = as_bytes(_array(table, "rgb"))
        depth = _array(table, "depth").astype(np.float32).reshape(rgb.shape[:2])
        k = _array(table["misc"], "camera_intrinsics").astype(np.float64)
        camera = _array(table["misc"], "camera_extrinsics").astype(np.float64)
        masks = _array(table, "mask_bin")
    except Exception as error:  # a damaged pickle raises anything
        raise DataError(f"{path}: not a scene of ObPose: {shown(error)}") from None
    pose = np.eye(4)
    pose[: camera.shape[0], :4] = camera
    if k[0, 0] < 0:  # x and y of the camera point the other way: half a turn about its axis
        pose = pose @ np.diag([-1.0, -1.0, 1.0, 1.0])
    labels = masks.argmax(-1) if masks.ndim == 3 else masks
    return Scenes(
        rgb=rgb[None],
        depth=np.where(np.isfinite(depth), depth, 0)[None].astype(np.float32),
        intrinsics=np.array([[abs(k[0, 0]), abs(k[1, 1]), k[0, 2] + 0.5, k[1, 2] + 0.5]]),
        cameras=pose[None],
        names=(path.stem,),
        truth=SceneTruth(segmentation=labels.astype(np.uint8)[None]),
    )


def _array(table: Mapping[str, Any], name: str) -> NDArray[Any]:
    found = table[name]
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "biuf":
        raise ValueError(f"'{name}' is no array of numbers")
    return found
