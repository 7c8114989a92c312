"""What is said of one image: its objects with masks, boxes and whole shapes. Torch-free."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoframe_dreamup3d.classical.boxes import Box, minimum_volume_box, upright_box
from geoframe_dreamup3d.classical.clustering import without_outliers
from geoframe_dreamup3d.classical.completion import VoxelShape, apart, carve
from geoframe_dreamup3d.simulator.check import SelfCheck, check
from geoframe_dreamup3d.simulator.surface import Mesh, surface_of
from geoframe_dreamup3d.table.view import View

MAX_BOX_POINTS = 4000
"""Points of an object that its box is made from."""


@attrs.frozen(eq=False, kw_only=True)
class SceneObject:
    """One object in the table's frame, metres."""

    label: int
    """Its number in the mask, from 1."""
    pixels: int
    box: Box
    """Upright box of the visible points down to the table."""
    tight_box: Box
    """Minimum-volume box of the whole shape: the object's pose."""
    shape: VoxelShape
    mesh: Mesh
    """In the table's frame, coloured as seen."""
    code: NDArray[np.float32] | None = None
    """Latent of a trained model, to know the object again by."""

    @property
    def colour(self) -> NDArray[np.float64]:
        """Mean colour in [0, 1] ``(3,)``."""
        return np.asarray(self.mesh.colours.mean(0) / 255)


@attrs.frozen(eq=False, kw_only=True)
class Description:
    """All that was found in one image."""

    view: View
    labels: NDArray[np.int32]
    """``(h, w)``: 0 for no object, else the object's label."""
    objects: tuple[SceneObject, ...]
    check: SelfCheck
    seconds: Mapping[str, float]
    """Wall-clock time of each part."""
    name: str = ""

    def __repr__(self) -> str:
        many = f"{len(self.objects)} object{'' if len(self.objects) == 1 else 's'}"
        return f"Description({self.name or 'scene'}: {many}, {sum(self.seconds.values()):.2f} s)"

    def rows(self) -> list[dict[str, Any]]:
        """One row per object: place, size, pose in camera and world frame, colour, confidence."""
        made = []
        to_camera = np.linalg.inv(self.view.camera)
        for each in self.objects:
            pose = each.tight_box.pose
            world, camera = self.view.to_world @ pose, to_camera @ pose
            named = {"world": world, "camera": camera}
            made.append(
                {
                    "scene": self.name,
                    "object": each.label,
                    "pixels": each.pixels,
                    "confidence": self.check.confidence(each.label),
                    **{
                        f"size_{a}": float(s)
                        for a, s in zip("xyz", each.tight_box.size, strict=True)
                    },
                    **{
                        f"{frame}_{a}": float(t)
                        for frame, matrix in named.items()
                        for a, t in zip("xyz", matrix[:3, 3], strict=True)
                    },
                    **{
                        f"{frame}_q{a}": float(q)
                        for frame, matrix in named.items()
                        for a, q in zip("xyzw", quaternion(matrix[:3, :3]), strict=True)
                    },
                    "volume_ml": 1e6 * each.mesh.volume,
                    **{f"colour_{c}": float(v) for c, v in zip("rgb", each.colour, strict=True)},
                    **(
                        {}
                        if each.code is None
                        else {f"code_{k}": float(v) for k, v in enumerate(each.code)}
                    ),
                }
            )
        return made


Segmenter = Callable[[View], NDArray[np.int32]]
"""From an image to the labels of its pixels ``(h, w)``."""


Completion = Callable[[View, NDArray[np.int32]], Sequence["SceneObject"]]
"""From labels of pixels to objects with boxes and whole shapes."""


def describe(
    view: View, segment: Segmenter, completion: Completion | None = None, *, name: str = ""
) -> Description:
    """Find the objects of an image, complete their shapes and check them against it.

    Parameters
    ----------
    completion
        By default :func:`complete_all`.
    """
    started = time.perf_counter()
    labels = segment(view)
    segmented = time.perf_counter()
    found = tuple((completion or complete_all)(view, labels))
    completed = time.perf_counter()
    checked = check(view, labels, [each.mesh for each in found])
    seconds = {
        "segmentation": segmented - started,
        "shapes": completed - segmented,
        "check": time.perf_counter() - completed,
    }
    return Description(
        view=view, labels=labels, objects=found, check=checked, seconds=seconds, name=name
    )


def complete_all(view: View, labels: NDArray[np.int32]) -> tuple[SceneObject, ...]:
    """Boxes and whole shapes of all objects; no two shapes overlap.

    A shape is the upright box of the visible points, carved by what was seen to be empty. Space
    that two shapes claim goes to the one whose visible points are nearer.
    """
    clouds = [_thinned(view, labels == k) for k in range(1, int(labels.max(initial=0)) + 1)]
    shapes = apart(
        [carve(view, upright_box(points)) for points, _ in clouds], [cloud[0] for cloud in clouds]
    )
    return tuple(
        _object(k + 1, int((labels == k + 1).sum()), shape, *cloud)
        for k, (shape, cloud) in enumerate(zip(shapes, clouds, strict=True))
    )


def _thinned(view: View, mask: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    stride = max(1, int(mask.sum()) // MAX_BOX_POINTS)
    points, colours = view.points[mask][::stride], view.rgb[mask][::stride]
    kept = without_outliers(points)
    return points[kept], colours[kept]


def object_of(view: View, labels: NDArray[np.int32], label: int, shape: VoxelShape) -> SceneObject:
    """Return an object whose whole shape is known: with its box and its mesh, coloured as seen."""
    mask = labels == label
    points, colours = _thinned(view, mask)
    found = _object(label, int(mask.sum()), shape, points, colours)
    return attrs.evolve(found, box=upright_box(points))


def _object(
    label: int,
    pixels: int,
    shape: VoxelShape,
    points: NDArray[np.float32],
    colours: NDArray[np.uint8],
) -> SceneObject:
    mesh = surface_of(shape)
    nearest = cKDTree(points).query(mesh.vertices)[1]
    return SceneObject(
        label=label,
        pixels=pixels,
        box=shape.box,
        tight_box=minimum_volume_box(mesh.vertices),
        shape=shape,
        mesh=attrs.evolve(mesh, colours=colours[nearest]),
    )


def quaternion(rotation: NDArray[np.floating]) -> NDArray[np.float64]:
    """Unit quaternion (x, y, z, w), w >= 0, of a rotation matrix."""
    from scipy.spatial.transform import Rotation

    q = Rotation.from_matrix(rotation).as_quat()
    return np.asarray(-q if q[3] < 0 else q)


def meshes_of(objects: Sequence[SceneObject]) -> list[Mesh]:
    """Meshes in the frames of the objects' own boxes."""
    return [each.mesh.moved(np.linalg.inv(each.tight_box.pose)) for each in objects]
