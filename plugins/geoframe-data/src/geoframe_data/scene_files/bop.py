"""The layout of the BOP benchmark, in and out: one folder per scene sequence.

``scene_camera.json``, ``rgb/000000.png``, ``depth/000000.png``, and, where known,
``scene_gt.json`` and ``mask_visib/000000_000000.png``. Poses there are object -> camera in
millimetres.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoframe.data import read_text, shown
from geoframe.errors import DataError
from geoframe.run.files import explained, write_bytes, write_json
from geoframe_data.scene_files.depth_units import UNITS, metres
from geoframe_data.scene_files.images import read_colour, read_depth
from geoframe_data.scenes import Scenes, SceneTruth, merge

CAMERAS, TRUTH = "scene_camera.json", "scene_gt.json"
WRITTEN_SCALE = 0.1
"""Millimetres of one unit of the depth images written."""


def is_bop(folder: Path) -> bool:
    """Whether a folder is laid out as a BOP scene."""
    return (folder / CAMERAS).is_file()


def read_bop(folder: Path) -> Scenes:
    """Read all images of one BOP scene.

    Raises
    ------
    DataError
        If a file is missing or damaged.
    """
    cameras = _json(folder / CAMERAS)
    truths = _json(folder / TRUTH) if (folder / TRUTH).is_file() else {}
    parts = []
    for key in sorted(cameras, key=int):
        try:
            parts.append(_image(folder, int(key), cameras[key], truths.get(key)))
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise DataError(
                f"{folder / CAMERAS}: image {shown(key)} is incomplete: {shown(error)}"
            ) from None
    if not parts:
        raise DataError(f"{folder / CAMERAS}: names no image")
    return merge(parts)


def write_bop(folder: Path, scenes: Scenes) -> list[Path]:
    """Write scenes as one BOP scene folder; return the files.

    Poses of objects can only be written with cameras, since BOP's are in the camera's frame.
    """
    from PIL import Image

    for name in ("rgb", "depth", "mask_visib"):
        with explained(folder):
            (folder / name).mkdir(parents=True, exist_ok=True)
    written: list[Path] = []

    def picture(path: Path, pixels: NDArray[Any]) -> None:
        content = BytesIO()
        Image.fromarray(pixels).save(content, "png")
        write_bytes(path, content.getvalue())
        written.append(path)

    cameras: dict[str, Any] = {}
    truths: dict[str, Any] = {}
    for i in range(len(scenes)):
        fx, fy, cx, cy = scenes.intrinsics[i].tolist()
        cameras[str(i)] = {
            "cam_K": [fx, 0.0, cx - 0.5, 0.0, fy, cy - 0.5, 0.0, 0.0, 1.0],
            "depth_scale": WRITTEN_SCALE,
        }
        units = np.round(scenes.depth[i] * 1000 / WRITTEN_SCALE)
        picture(folder / "rgb" / f"{i:06d}.png", scenes.rgb[i])
        picture(folder / "depth" / f"{i:06d}.png", np.clip(units, 0, 65535).astype(np.uint16))
        if scenes.cameras is not None:
            to_camera = np.linalg.inv(scenes.cameras[i])
            cameras[str(i)] |= {
                "cam_R_w2c": to_camera[:3, :3].ravel().tolist(),
                "cam_t_w2c": (to_camera[:3, 3] * 1000).tolist(),
            }
        if scenes.truth is not None:
            labels = scenes.truth.segmentation[i]
            truths[str(i)] = _objects(scenes, scenes.truth, i)
            for j in range(len(truths[str(i)])):
                mask = np.where(labels == j + 1, 255, 0).astype(np.uint8)
                picture(folder / "mask_visib" / f"{i:06d}_{j:06d}.png", mask)
    write_json(folder / CAMERAS, cameras)
    if truths:
        write_json(folder / TRUTH, truths)
    return [*written, folder / CAMERAS, *([folder / TRUTH] if truths else [])]


def _objects(scenes: Scenes, truth: SceneTruth, i: int) -> list[dict[str, Any]]:
    count = int(truth.segmentation[i].max(initial=0))
    if truth.poses is None or truth.objects is None or scenes.cameras is None:
        return [{"obj_id": j + 1} for j in range(count)]
    rows = []
    to_camera = np.linalg.inv(scenes.cameras[i])
    for j in range(int((truth.objects[i] >= 0).sum())):
        pose = to_camera @ truth.poses[i, j]
        rows.append(
            {
                "obj_id": int(truth.objects[i, j]) + 1,
                "cam_R_m2c": pose[:3, :3].ravel().tolist(),
                "cam_t_m2c": (pose[:3, 3] * 1000).tolist(),
            }
        )
    return rows


def _image(
    folder: Path, number: int, camera: Mapping[str, Any], rows: Sequence[Mapping[str, Any]] | None
) -> Scenes:
    stem = f"{number:06d}"
    colour = next(
        (p for p in (folder / "rgb" / f"{stem}{s}" for s in (".png", ".jpg")) if p.is_file()),
        folder / "rgb" / f"{stem}.png",
    )
    rgb, raw = read_colour(colour), read_depth(folder / "depth" / f"{stem}.png")
    scale = float(camera.get("depth_scale", 1.0)) * UNITS["mm"]
    depth, _ = metres(str(folder / "depth" / f"{stem}.png"), raw, scale, "auto")
    k = [float(each) for each in camera["cam_K"]]
    pose = np.eye(4)
    known = "cam_R_w2c" in camera
    if known:
        pose[:3, :3] = np.reshape(camera["cam_R_w2c"], (3, 3))
        pose[:3, 3] = np.asarray(camera["cam_t_w2c"], dtype=float) / 1000
        pose[:] = np.linalg.inv(pose)
    return Scenes(
        rgb=rgb[None],
        depth=depth[None],
        intrinsics=np.array([[k[0], k[4], k[2] + 0.5, k[5] + 0.5]]),
        cameras=pose[None] if known else None,
        names=(stem,),
        truth=None if rows is None else _truth(folder, stem, rows, depth.shape, pose),
    )


def _truth(
    folder: Path,
    stem: str,
    rows: Sequence[Mapping[str, Any]],
    shape: tuple[int, ...],
    camera: NDArray[np.float64],
) -> SceneTruth:
    segmentation = np.zeros(shape, dtype=np.uint8)
    poses = np.zeros((len(rows), 4, 4))
    identifiers = [f"obj_{int(row['obj_id']):06d}" for row in rows]
    models = tuple(sorted(set(identifiers)))
    for j, row in enumerate(rows):
        path = folder / "mask_visib" / f"{stem}_{j:06d}.png"
        if path.is_file():
            segmentation[read_colour(path)[..., 0] > 0] = j + 1
        if "cam_R_m2c" in row:
            poses[j] = np.eye(4)
            poses[j, :3, :3] = np.reshape(row["cam_R_m2c"], (3, 3))
            poses[j, :3, 3] = np.asarray(row["cam_t_m2c"], dtype=float) / 1000
    objects = np.array([[models.index(name) for name in identifiers]], dtype=np.int64)
    return SceneTruth(
        segmentation=segmentation[None],
        poses=(camera @ poses)[None],
        objects=objects.reshape(1, -1),
        models=models,
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        table = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not readable JSON: {shown(error)}") from None
    if not isinstance(table, dict) or not all(str(key).isdigit() for key in table):
        raise DataError(f"{path}: must be an object whose keys are image numbers")
    return table
