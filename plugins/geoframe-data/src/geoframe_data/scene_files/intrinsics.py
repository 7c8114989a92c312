"""Intrinsics of a pinhole camera as people store them: JSON of several tools, ROS YAML."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from geoframe.data import read_text, shown
from geoframe.errors import DataError

MIDDLE, OFF_MIDDLE = 0.03, 0.1
"""Shares of a side: principal points lie so near the image's middle, and hardly so far off."""


@attrs.frozen(kw_only=True)
class Pinhole:
    """Focal lengths and principal point in pixels, pixel centres at halves."""

    fx: float
    fy: float
    cx: float
    cy: float
    depth_scale: float | None = None
    """Metres of one unit of the depth image, if the file says so."""


def read_intrinsics(path: Path, sizes: Sequence[tuple[int, int]]) -> Pinhole:
    """Read the intrinsics of images of ``sizes[0]`` rows and columns.

    Parameters
    ----------
    path
        JSON with ``fx, fy, cx, cy``, ``K``/``cam_K`` (nine numbers, row by row, or three rows)
        or Open3D's ``intrinsic_matrix`` (nine numbers, column by column); or YAML of ROS'
        ``camera_info``. Pixel centres are at whole numbers in all of them.
    sizes
        Of the depth image, and of the colour image. If the file states another ``width`` and
        ``height`` of the same shape, all is scaled from it; if it states none, they are those of
        the image whose middle is nearer to the principal point.

    Raises
    ------
    DataError
        If nothing of the kind is in it, or the numbers cannot be true of such images.
    """
    table = _table(path)
    fx, fy, cx, cy = _numbers(path, table)
    h, w = sizes[0]
    middle = min(sizes, key=lambda size: math.hypot(cx / size[1] - 0.5, cy / size[0] - 0.5))
    width, height = table.get("width", middle[1]), table.get("height", middle[0])
    scale = 1.0
    if (width, height) != (w, h):
        scale = _scale(width, height, sizes[0])
        if not scale:
            raise DataError(
                f"{path}: is for images of {shown(width)}x{shown(height)} pixels; the image has "
                f"{w}x{h}"
            )
    # Whole numbers are pixel centres in these files; here they are pixel borders.
    camera = Pinhole(
        fx=fx * scale,
        fy=fy * scale,
        cx=(cx + 0.5) * scale,
        cy=(cy + 0.5) * scale,
        depth_scale=_depth_scale(path, table),
    )
    check_intrinsics(str(path), camera, sizes[0])
    if "width" not in table:
        _check_turn(path, camera, sizes[0])
    return camera


def _check_turn(path: Path, camera: Pinhole, size: tuple[int, int]) -> None:
    """Refuse intrinsics that are right for the image before it was turned by 90 degrees."""
    h, w = size
    straight = max(abs(camera.cx / w - 0.5), abs(camera.cy / h - 0.5))
    turned = max(abs(camera.cx / h - 0.5), abs(camera.cy / w - 0.5))
    if straight > OFF_MIDDLE and turned < MIDDLE:
        raise DataError(
            f"{path}: the principal point ({camera.cx:g}, {camera.cy:g}) is the middle of {h}x{w} "
            f"pixels, and the image has {w}x{h}: if it was turned, swap fx with fy and cx with cy; "
            "else state width and height"
        )


def _scale(width: Any, height: Any, size: tuple[int, int]) -> float:
    """What pixels of a stated size are of an image's; 0 if that has another shape."""
    h, w = size
    try:
        scale = w / float(width)
        return scale if abs(scale * float(height) - h) <= 1 else 0.0
    except (TypeError, ValueError, ArithmeticError):
        return 0.0


def check_intrinsics(source: str, camera: Pinhole, size: tuple[int, int]) -> None:
    """Raise :class:`DataError` unless a camera with these numbers could have made such images."""
    h, w = size
    if not all(math.isfinite(each) for each in (camera.fx, camera.fy, camera.cx, camera.cy)):
        raise DataError(f"{source}: the intrinsics are not finite")
    if min(camera.fx, camera.fy) <= 0:
        raise DataError(f"{source}: the focal length must be positive, got {camera.fx:g}")
    if not 0.2 * w <= camera.fx <= 20 * w:
        field = 2 * math.degrees(math.atan(w / (2 * camera.fx)))
        raise DataError(
            f"{source}: a focal length of {camera.fx:g} pixels would give a {w} pixel wide image a "
            f"field of view of {field:.0f} degrees; are these intrinsics of another size or in mm?"
        )
    if not (0 <= camera.cx <= w and 0 <= camera.cy <= h):
        raise DataError(
            f"{source}: the principal point ({camera.cx:g}, {camera.cy:g}) lies outside the image "
            f"of {w}x{h} pixels; are these intrinsics of another size?"
        )


def _table(path: Path) -> Mapping[str, Any]:
    text = read_text(path)
    try:
        if path.suffix.lower() == ".json":
            table = json.loads(text)
        else:
            import yaml

            table = next(iter(yaml.safe_load_all(text)))  # 'rostopic echo' ends with '---'
    except Exception as error:  # yaml has errors of its own
        raise DataError(f"{path}: cannot be read: {shown(error)}") from None
    if not isinstance(table, Mapping):
        raise DataError(f"{path}: holds no named values; wanted are fx, fy, cx, cy")
    return table


def _numbers(path: Path, table: Mapping[str, Any]) -> tuple[float, float, float, float]:
    try:
        if "fx" in table:
            cx = table.get("cx", table.get("ppx"))  # ppx, ppy: librealsense
            cy = table.get("cy", table.get("ppy"))
            return float(table["fx"]), float(table["fy"]), float(cx), float(cy)
        for key in ("K", "k", "cam_K", "camera_matrix", "intrinsics"):
            if key in table:
                k = _flat(table[key])
                if len(k) == 9:
                    return k[0], k[4], k[2], k[5]
        if "intrinsic_matrix" in table:
            k = _flat(table["intrinsic_matrix"])
            return k[0], k[4], k[6], k[7]
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        raise DataError(f"{path}: the intrinsics in it are incomplete or no numbers") from None
    raise DataError(
        f"{path}: no intrinsics in it; wanted are fx, fy, cx, cy, or K with nine numbers "
        f"(it has {', '.join(shown(key) for key in list(table)[:10])})"
    )


def _flat(value: Any) -> list[float]:
    if isinstance(value, Mapping):  # OpenCV's and ROS' calibration: {rows, cols, data}
        value = value["data"]
    if isinstance(value, Sequence) and value and isinstance(value[0], Sequence):
        value = [each for row in value for each in row]
    return [float(each) for each in value]


def _depth_scale(path: Path, table: Mapping[str, Any]) -> float | None:
    """Metres of a unit: BOP counts millimetres of a unit, others units of a metre."""
    if "depth_scale" not in table:
        return None
    try:
        scale = float(table["depth_scale"])
    except (TypeError, ValueError, OverflowError):
        scale = 0.0
    if not (math.isfinite(scale) and scale > 0):
        raise DataError(f"{path}: depth_scale must be a positive number")
    if "cam_K" in table:
        return scale / 1000
    return 1 / scale if scale >= 1 else scale
