"""Whole scenes: objects on a table, a camera, an image with masks and poses. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError
from geoframe_data.scene_files.layouts import looking_at
from geoframe_data.scenes import Scenes, SceneTruth
from geoframe_dreamup3d.generator.noise import SensorNoise
from geoframe_dreamup3d.generator.placement import HALF_EXTENT, Placed, place
from geoframe_dreamup3d.generator.shapes import Shape

FOCAL = 1.3738
"""Focal length in image sides: a field of view of 40 degrees."""
LOOKED_AT = np.array([0.0, 0.0, 0.05])
AMBIENT, DIFFUSE = 0.45, 0.55
LEAST_SHARE = 0.002
"""Share of the pixels that every object must have; more than four have less in proportion."""
FEW = 4
"""Objects up to which table and camera are as they are; more get more room in proportion."""
ATTEMPTS = 200
"""Scenes that are drawn for one that is good."""


@attrs.frozen(kw_only=True)
class SceneOptions:
    """What scenes look like."""

    size: int = 64
    """Pixels of a side."""
    objects: tuple[int, int] = (2, 4)
    """Least and greatest number of objects."""
    touching: float = 0.5
    """Probability that an object touches another."""
    elevation: tuple[float, float] = (35.0, 60.0)
    """Camera above the horizon, degrees."""
    distance: tuple[float, float] = (0.65, 0.8)
    """Camera to the middle of the table, metres, for four objects at the most."""
    noise: SensorNoise | None = None
    """None leaves the depth exact."""


def generate(shapes: Sequence[Shape], n: int, options: SceneOptions, *, seed: int) -> Scenes:
    """Draw ``n`` scenes; scene ``i`` depends on the seed and on ``i`` alone.

    Raises
    ------
    DataError
        If the shapes are too few or too large to make scenes of.
    """
    most = options.objects[1]
    if len(shapes) < most:
        raise DataError(f"{len(shapes)} shapes are too few for scenes of up to {most} objects")
    side = options.size
    rgb = np.zeros((n, side, side, 3), dtype=np.uint8)
    depth = np.zeros((n, side, side), dtype=np.float32)
    segmentation = np.zeros((n, side, side), dtype=np.uint8)
    poses, objects = np.zeros((n, most, 4, 4)), np.full((n, most), -1, dtype=np.int64)
    cameras = np.zeros((n, 4, 4))
    focal = FOCAL * side
    intrinsics = np.array([focal, focal, side / 2, side / 2])
    for i in range(n):
        generator = np.random.default_rng([seed, i])
        scene = _good_scene(shapes, options, intrinsics, generator)
        rgb[i], depth[i], segmentation[i], cameras[i], placed = scene
        if options.noise is not None:
            depth[i] = options.noise.apply(depth[i], generator)
        for j, each in enumerate(placed):
            poses[i, j], objects[i, j] = each.pose, each.index
    return Scenes(
        rgb=rgb,
        depth=depth,
        intrinsics=np.broadcast_to(intrinsics, (n, 4)).copy(),
        cameras=cameras,
        truth=SceneTruth(
            segmentation=segmentation,
            poses=poses,
            objects=objects,
            models=tuple(shape.name for shape in shapes),
        ),
    )


Picture = tuple[
    NDArray[np.uint8], NDArray[np.float32], NDArray[np.uint8], NDArray[np.float64], list[Placed]
]


def _good_scene(
    shapes: Sequence[Shape],
    options: SceneOptions,
    intrinsics: NDArray[np.float64],
    generator: np.random.Generator,
) -> Picture:
    for _ in range(ATTEMPTS):
        count = int(generator.integers(options.objects[0], options.objects[1] + 1))
        room = max(1.0, float(np.sqrt(count / FEW)))
        placed = place(
            shapes, count, generator, touching=options.touching, half_extent=room * HALF_EXTENT
        )
        if placed is None:
            continue
        camera = _camera(options, generator, room)
        drawn = draw(shapes, placed, camera, intrinsics, options.size, generator)
        counts = np.bincount(drawn[2].ravel(), minlength=count + 1)[1:]
        if counts.min() >= LEAST_SHARE * (options.size / room) ** 2:
            return (*drawn, camera, placed)
    raise DataError(
        f"no scene of {options.objects[0]} to {options.objects[1]} objects came out of {ATTEMPTS} "
        "trials; are they too many, larger than 30 cm, or too thin to be seen?"
    )


def _camera(
    options: SceneOptions, generator: np.random.Generator, room: float
) -> NDArray[np.float64]:
    azimuth = generator.uniform(-np.pi, np.pi)
    elevation = np.radians(generator.uniform(*options.elevation))
    distance = room * generator.uniform(*options.distance)
    out = np.array(
        [
            np.cos(elevation) * np.cos(azimuth),
            np.cos(elevation) * np.sin(azimuth),
            np.sin(elevation),
        ]
    )
    return looking_at(LOOKED_AT + distance * out, LOOKED_AT)


def draw(
    shapes: Sequence[Shape],
    placed: Sequence[Placed],
    camera: NDArray[np.float64],
    intrinsics: NDArray[np.float64],
    side: int,
    generator: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.uint8]]:
    """Draw colour, depth and labels of objects on an endless table under one lamp."""
    back = np.linalg.inv(camera)
    fx, fy, cx, cy = intrinsics
    grid = np.arange(side) + 0.5
    v, u = np.meshgrid(grid, grid, indexing="ij")
    rays = np.stack([(u - cx) / fx, (v - cy) / fy, np.ones_like(u)], -1).reshape(-1, 3)
    down = rays @ camera[2, :3]
    with np.errstate(divide="ignore"):
        depth = np.where(down < -1e-6, -camera[2, 3] / down, 10.0)
    colours = np.tile(generator.uniform(0.25, 0.85, 3), (side * side, 1))
    normals = np.tile(back[:3, :3] @ np.array([0.0, 0.0, 1.0]), (side * side, 1))
    labels = np.zeros(side * side, dtype=np.uint8)
    for j, each in enumerate(placed):
        layer = shapes[each.index].render(back @ each.pose, intrinsics, (side, side))
        nearer = layer.depth < depth[layer.pixels]
        at = layer.pixels[nearer]
        depth[at], labels[at] = layer.depth[nearer], j + 1
        colours[at], normals[at] = layer.colours[nearer], layer.normals[nearer]
    lamp = back[:3, :3] @ (generator.uniform([-1, -1, 0.8], [1, 1, 1.8])) + back[:3, 3]
    to_lamp = lamp - rays * depth[:, None]
    to_lamp /= np.linalg.norm(to_lamp, axis=1, keepdims=True)
    light = AMBIENT + DIFFUSE * np.maximum(0, (normals * to_lamp).sum(1))
    image = np.clip(np.round(255 * colours * light[:, None]), 0, 255).astype(np.uint8)
    shape = (side, side)
    return image.reshape(*shape, 3), depth.astype(np.float32).reshape(shape), labels.reshape(shape)
