"""Cameras as rows of numbers, so that a scene is an embedder from rows to pixels.

A row is ``(eye x, y, z, rotation vector x, y, z, field of view)``: lengths in the scene's units,
angles in radians. The rotation maps the camera's axes (x right, y up, z back) to the world's, +y is
up; the field of view is the whole angle that the image's width spans. Without the last number it
is :data:`FIELD_OF_VIEW`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor

from geoframe import DataError
from geoframe.data import read_text, shown

COLUMNS = 7
"""Numbers of a camera row."""
FIELD_OF_VIEW = math.radians(50)
UP = np.array([0.0, 1.0, 0.0])


def orbit(
    azimuth: Tensor, elevation: Tensor, distance: Tensor | float, field_of_view: Tensor | float
) -> Tensor:
    """Cameras on a sphere that look at its centre -> rows ``(n, 7)``.

    Parameters
    ----------
    azimuth, elevation
        Degrees ``(n,)``; azimuth 0 looks from +z, 90 from +x.
    distance
        From the centre.
    field_of_view
        Degrees.
    """
    around, above = np.radians(azimuth.double().numpy()), np.radians(elevation.double().numpy())
    outward = np.stack(
        [np.cos(above) * np.sin(around), np.sin(above), np.cos(above) * np.cos(around)], 1
    )
    eyes = outward * np.broadcast_to(np.asarray(distance, dtype=float), len(outward))[:, None]
    right = np.cross(UP, outward)
    right /= np.linalg.norm(right, axis=1, keepdims=True).clip(1e-9)
    axes = np.stack([right, np.cross(outward, right), outward], 2)
    opened = np.broadcast_to(np.radians(np.asarray(field_of_view, dtype=float)), len(outward))
    return _rows(eyes, axes, opened)


def random_orbit(
    n: int,
    generator: torch.Generator,
    *,
    azimuth: tuple[float, float] = (0.0, 360.0),
    elevation: tuple[float, float] = (-10.0, 45.0),
    distance: tuple[float, float] = (1.5, 2.0),
    field_of_view: tuple[float, float] = (40.0, 70.0),
) -> Tensor:
    """Draw cameras ``(n, 7)``, uniform within ranges (the paper's by default)."""
    drawn = torch.rand(4, n, generator=generator, dtype=torch.float64)
    ranges = (azimuth, elevation, distance, field_of_view)
    around, above, away, opened = (
        low + (high - low) * row for row, (low, high) in zip(drawn, ranges, strict=True)
    )
    return orbit(around, above, away, opened)


def turntable(n: int, *, elevation: float, distance: float, field_of_view: float) -> Tensor:
    """``n`` cameras around the scene, evenly spaced ``(n, 7)``."""
    around = torch.arange(n, dtype=torch.float64) * (360 / n)
    return orbit(around, torch.full_like(around, elevation), distance, field_of_view)


def around(cameras: Tensor, n: int) -> Tensor:
    """A turntable of ``n`` views at the mean height, distance and angle of others ``(n, 7)``."""
    eyes = cameras[:, :3].double()
    distance = float(eyes.norm(dim=1).mean())
    elevation = math.degrees(math.asin(float((eyes[:, 1] / eyes.norm(dim=1)).mean())))
    opened = math.degrees(float((2 * torch.atan(1 / focal_of(cameras))).mean()))
    return turntable(n, elevation=elevation, distance=distance, field_of_view=opened)


def read_transforms(path: Path) -> Tensor:
    """Read the cameras of a NeRF ``transforms.json`` -> rows ``(n, 7)``.

    Raises
    ------
    DataError
        If it is none, or a matrix is no pose.
    """
    try:
        content: Any = json.loads(read_text(path))
        opened = float(content["camera_angle_x"])
        matrices = np.array([frame["transform_matrix"] for frame in content["frames"]], float)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise DataError(
            f"{path}: not a transforms.json; camera_angle_x and frames with a transform_matrix "
            f"each are needed ({type(error).__name__}: {shown(error)})"
        ) from None
    if matrices.ndim != 3 or matrices.shape[1:] not in ((3, 4), (4, 4)) or not len(matrices):
        raise DataError(f"{path}: transform_matrix must be 4 x 4 numbers, for one frame at least")
    axes = matrices[:, :3, :3]
    scale = np.linalg.norm(axes, axis=1, keepdims=True)
    off = np.abs(axes.transpose(0, 2, 1) @ axes - np.eye(3) * scale**2).max((1, 2))
    finite = np.isfinite(matrices).all((1, 2)) & (scale > 0).all((1, 2))
    wrong = ~(finite & (off <= 1e-2))
    if not 0 < opened < math.pi:
        raise DataError(f"{path}: camera_angle_x must be between 0 and pi, got {opened:g}")
    if wrong.any():
        raise DataError(f"{path}: frame {int(wrong.argmax())} is no rotation")
    return _rows(matrices[:, :3, 3], axes / scale, np.full(len(matrices), opened))


def _rows(eyes: Any, axes: Any, opened: Any) -> Tensor:
    turned = Rotation.from_matrix(axes).as_rotvec()
    return torch.from_numpy(np.concatenate([eyes, turned, opened[:, None]], 1)).float()


def axes_of(cameras: Tensor) -> Tensor:
    """Axes of cameras ``(n, 3, 3)``, a column each: right, up, back (Rodrigues' formula)."""
    turned = cameras[:, 3:6]
    square = turned.square().sum(1)
    tiny = square < 1e-12
    angle = torch.where(tiny, torch.ones_like(square), square).sqrt()
    zero = torch.zeros_like(angle)
    x, y, z = (turned / angle[:, None]).unbind(1)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], 1).reshape(-1, 3, 3)
    eye = torch.eye(3, dtype=cameras.dtype, device=cameras.device)
    sine, cosine = angle.sin()[:, None, None], angle.cos()[:, None, None]
    rotation = eye + sine * cross + (1 - cosine) * cross @ cross
    return torch.where(tiny[:, None, None], eye, rotation)


def focal_of(cameras: Tensor) -> Tensor:
    """Focal lengths ``(n,)`` in units of half an image's width."""
    if cameras.shape[1] < COLUMNS:
        opened = torch.full_like(cameras[:, 0], FIELD_OF_VIEW)
    else:
        opened = cameras[:, 6].clamp(1e-3, math.pi - 1e-3)
    return 1 / torch.tan(opened / 2)


def rays(cameras: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Origins ``(n, 3)`` and unit directions ``(n, height * width, 3)`` through pixel centres."""
    u = (2 * torch.arange(width).to(cameras) + 1) / width - 1
    v = ((2 * torch.arange(height).to(cameras) + 1) / height - 1) * (height / width)
    down, across = torch.meshgrid(v, u, indexing="ij")
    plane = torch.stack([across.flatten(), -down.flatten()], 1)
    focal = focal_of(cameras)
    local = torch.cat(
        [
            plane.expand(len(cameras), -1, -1) / focal[:, None, None],
            plane.new_full((len(cameras), len(plane), 1), -1.0),
        ],
        2,
    )
    directions = local @ axes_of(cameras).transpose(1, 2)
    return cameras[:, :3], torch.nn.functional.normalize(directions, dim=2)


def projected(points: Tensor, cameras: Tensor) -> tuple[Tensor, Tensor]:
    """Image coordinates ``(n, p, 2)`` (u right, v down, the width from -1 to 1) and depths.

    Points behind a camera have depths of 0 or less and meaningless coordinates.
    """
    local = (points - cameras[:, None, :3]) @ axes_of(cameras)
    depth = -local[..., 2]
    safe = torch.where(depth.abs() < 1e-6, torch.full_like(depth, 1e-6), depth)
    flat = focal_of(cameras)[:, None, None] * local[..., :2] / safe[..., None]
    return flat * flat.new_tensor([1.0, -1.0]), depth


def image_shape(shape: Sequence[int] | None, out_features: int, name: str) -> tuple[int, int, int]:
    """Channels, height and width of a scene's render: as given, or the square that fits.

    Raises
    ------
    DataError
        If they have another number of values than ``out_features``.
    """
    if shape is None:
        for channels in (3, 1, 4):
            side = math.isqrt(out_features // channels)
            if channels * side * side == out_features:
                return channels, side, side
    elif len(shape) == 3 and math.prod(shape) == out_features:
        return shape[0], shape[1], shape[2]
    raise DataError(
        f"scene '{name}': {out_features} values are no image"
        + (f" {tuple(shape)}" if shape else "; set scene.shape to channels, height and width")
    )
