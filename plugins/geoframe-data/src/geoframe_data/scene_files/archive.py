"""RGB-D scenes in an npz file: one image or many, with or without masks and poses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoframe.data import listed, load_npz
from geoframe.errors import DataError
from geoframe.run.files import write_bytes
from geoframe_data.arrays import as_floats, as_one, as_whole
from geoframe_data.scene_files.depth_units import UNITS, metres
from geoframe_data.scene_files.intrinsics import Pinhole, check_intrinsics
from geoframe_data.scenes import Scenes, SceneTruth

Arrays = dict[str, NDArray[Any]]
ALIASES = {
    "rgb": ("rgb", "color", "colour", "image", "images"),
    "depth": ("depth", "depths", "depth_image"),
    "seg": ("seg", "segmentation", "mask", "masks", "instances"),
    "cam": ("cam", "camera", "extrinsics", "cam_to_world", "camera_to_world"),
    "K": ("K", "intrinsics", "cam_K", "camera_matrix", "intrinsic"),
}
"""Name here -> names in files."""
MOST_MODELS = 10_000
"""Largest number of a model of an object."""


def read_npz(path: Path, *, unit: str = "auto") -> Scenes:
    """Read scenes from named arrays.

    ``rgb`` ``([n,] h, w, 3)`` (bytes, or numbers in [0, 1]), ``depth`` ``([n,] h, w)``, and the
    intrinsics: ``f`` ``([n])`` with the principal point at the image's centre, or ``K``
    ``([n,] 3, 3)`` or ``([n,] 4)`` (fx, fy, cx, cy), pixel centres at whole numbers as in OpenCV.
    Optional: ``depth_scale``, ``seg``, ``pose``, ``obj``, ``cam``, ``names``.

    Raises
    ------
    DataError
        If an array is missing or does not fit the others.
    """
    arrays = load_npz(path)
    found = {
        name: next((arrays[key] for key in keys if key in arrays), None)
        for name, keys in ALIASES.items()
    }
    rgb, depth = found["rgb"], found["depth"]
    if rgb is None or depth is None:
        missing = "rgb" if rgb is None else "depth"
        raise DataError(f"{path}: no array '{missing}' (it has {listed(sorted(arrays))})")
    if depth.ndim == 2:
        rgb, depth = rgb[None], depth[None]
        found = {k: None if v is None else v[None] for k, v in found.items()}
        arrays = {k: v[None] if k in ("f", "pose", "obj") else v for k, v in arrays.items()}
    if depth.ndim == 4 and depth.shape[-1] == 1:
        depth = depth[..., 0]
    if depth.ndim != 3 or rgb.shape != (*depth.shape, 3):
        raise DataError(f"{path}: rgb has shape {rgb.shape} and depth {depth.shape}")
    scale = as_one(arrays["depth_scale"], "depth_scale", path) if "depth_scale" in arrays else None
    if scale is None and {"f", "cam"} <= set(arrays) and depth.dtype == np.uint16:
        scale = UNITS["0.1mm"]  # what write_npz writes
    depths, remark = metres(str(path), depth, scale, unit)
    return Scenes(
        rgb=as_bytes(rgb if rgb.dtype == np.uint8 else as_floats(rgb, "rgb", path)),
        depth=depths,
        intrinsics=_intrinsics(path, arrays, found["K"], depth.shape),
        cameras=None if found["cam"] is None else as_floats(found["cam"], "cam", path),
        truth=_truth(path, arrays, found["seg"]),
        repairs=() if remark is None else (remark,),
    )


def write_npz(path: Path, scenes: Scenes) -> None:
    """Write scenes so that :func:`read_npz` reads them: depth in units of 0.1 mm.

    Raises
    ------
    RunError
        If the file cannot be written.
    """
    from io import BytesIO

    steps = np.clip(np.round(scenes.depth / UNITS["0.1mm"]), 0, 65535).astype(np.uint16)
    arrays: Arrays = {
        "rgb": scenes.rgb,
        "depth": steps,
        "depth_scale": np.array(UNITS["0.1mm"]),
        "K": scenes.intrinsics - np.array([0, 0, 0.5, 0.5]),
    }
    if scenes.cameras is not None:
        arrays["cam"] = scenes.cameras.astype(np.float32)
    if scenes.truth is not None:
        arrays["seg"] = scenes.truth.segmentation
        if scenes.truth.poses is not None and scenes.truth.objects is not None:
            arrays["pose"] = scenes.truth.poses.astype(np.float32)
            arrays["obj"] = scenes.truth.objects.astype(np.int16)
            arrays["names"] = np.array(scenes.truth.models)
    content = BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    write_bytes(path, content.getvalue())


def as_bytes(rgb: NDArray[Any]) -> NDArray[np.uint8]:
    """Colours as bytes; numbers are taken to be in [0, 1] unless one is larger."""
    if rgb.dtype == np.uint8:
        return rgb
    values = np.nan_to_num(rgb.astype(np.float32))
    if values.size and values.max() <= 1:
        values = values * 255
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def _intrinsics(
    path: Path, arrays: Arrays, matrix: NDArray[Any] | None, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    n, h, w = shape
    if "f" in arrays:
        given = np.abs(as_floats(arrays["f"], "f", path)).reshape(-1)
        if len(given) not in (1, n):
            raise DataError(f"{path}: f has shape {arrays['f'].shape} for {n} images")
        f = np.broadcast_to(given, (n,))
        made = np.stack([f, f, np.full(n, w / 2), np.full(n, h / 2)], 1)
    elif matrix is not None:
        k = as_floats(matrix, "K", path)
        if k.shape[-2:] == (3, 3):
            k = np.stack([k[..., 0, 0], k[..., 1, 1], k[..., 0, 2], k[..., 1, 2]], -1)
        if k.shape[-1:] != (4,) or k.size not in (4, 4 * n):
            raise DataError(f"{path}: K must be (3, 3) or four numbers, not {matrix.shape}")
        made = np.broadcast_to(k.reshape(-1, 4), (n, 4)) + np.array([0, 0, 0.5, 0.5])
    else:
        raise DataError(f"{path}: no intrinsics; add an array 'K' (3, 3) or a focal length 'f'")
    fx, fy, cx, cy = made[0].tolist()
    check_intrinsics(str(path), Pinhole(fx=fx, fy=fy, cx=cx, cy=cy), (h, w))
    return made


def _truth(path: Path, arrays: Arrays, segmentation: NDArray[Any] | None) -> SceneTruth | None:
    if segmentation is None:
        return None
    masks = as_whole(segmentation, "seg", path, most=255).astype(np.uint8)
    if "pose" not in arrays or "obj" not in arrays:
        return SceneTruth(segmentation=masks)
    objects = as_whole(arrays["obj"], "obj", path, most=MOST_MODELS)
    names = arrays.get("names", np.arange(objects.max(initial=-1) + 1))
    if names.ndim != 1:
        raise DataError(f"{path}: names has shape {names.shape}, not (m,)")
    return SceneTruth(
        segmentation=masks,
        poses=as_floats(arrays["pose"], "pose", path),
        objects=objects,
        models=tuple(str(name) for name in names),
    )
