"""RGB-D images of tables with objects: the value that every reader of them gives. Torch-free.

Conventions: lengths in metres; camera axes as in OpenCV (x right, y down, z forward); the centre of
the pixel in row r and column c lies at image coordinates (c + 0.5, r + 0.5); world z points up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError


@attrs.frozen(eq=False, kw_only=True)
class SceneTruth:
    """What is known of the objects in ``n`` scenes of at most ``m`` objects."""

    segmentation: NDArray[np.uint8]
    """Object of each pixel, ``(n, h, w)``: 0 for none, ``j + 1`` for object ``j``."""
    poses: NDArray[np.float64] | None = None
    """Frame of each object -> world, ``(n, m, 4, 4)``; zeros where there is no object."""
    objects: NDArray[np.int64] | None = None
    """Row in ``models`` of each object, ``(n, m)``; -1 where there is none."""
    models: tuple[str, ...] = ()
    """Names of the objects' models."""

    def check(self) -> None:
        """Check that masks, poses and objects speak of the same scenes and models.

        Raises
        ------
        DataError
            If they do not.
        """
        poses, objects, n = self.poses, self.objects, len(self.segmentation)
        if poses is not None:
            fits = poses.ndim == 4 and len(poses) == n and poses.shape[2:] == (4, 4)
            _require(fits, "poses of objects are (n, m, 4, 4), for n images")
        if objects is not None:
            fits = objects.ndim == 2 and len(objects) == n
            fits = fits and (poses is None or objects.shape == poses.shape[:2])
            _require(fits, "objects are (n, m), one for each pose")
            known = objects.min(initial=-1) >= -1 and objects.max(initial=-1) < len(self.models)
            _require(known, "an object's model has no name")


@attrs.frozen(eq=False, kw_only=True)
class Scenes:
    """RGB-D images of equal size, with what is known of cameras and objects."""

    rgb: NDArray[np.uint8]
    """Colours ``(n, h, w, 3)``."""
    depth: NDArray[np.float32]
    """Distance along the optical axis ``(n, h, w)``, metres; 0 where nothing was measured."""
    intrinsics: NDArray[np.float64]
    """Focal lengths and principal point ``(n, 4)``: fx, fy, cx, cy, pixels."""
    cameras: NDArray[np.float64] | None = None
    """Camera -> world, ``(n, 4, 4)``; None if the cameras' places are unknown."""
    names: tuple[str, ...] = ()
    """Names of the scenes, as files or rows were called."""
    truth: SceneTruth | None = None
    repairs: tuple[str, ...] = ()
    """Sentences on what a reader changed or assumed."""

    def __attrs_post_init__(self) -> None:
        """Check that all arrays speak of the same images."""
        n, h, w = self.depth.shape
        _require(self.rgb.shape == (n, h, w, 3), "colour and depth images differ in size")
        _require(self.intrinsics.shape == (n, 4), "one row of intrinsics per image is needed")
        _require(bool((self.intrinsics[:, :2] > 0).all()), "focal lengths must be positive")
        if self.cameras is not None:
            _require(self.cameras.shape == (n, 4, 4), "one camera matrix per image is needed")
        if self.truth is not None:
            same = self.truth.segmentation.shape == (n, h, w)
            _require(same, "instance masks and depth images differ in size")
            self.truth.check()

    def __len__(self) -> int:
        return len(self.depth)

    def __repr__(self) -> str:
        n, h, w = self.depth.shape
        known = "with masks" if self.truth is not None else "without masks"
        return f"Scenes({n} of {w}x{h} pixels, {known})"

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of every image."""
        return self.depth.shape[1], self.depth.shape[2]

    def name(self, index: int) -> str:
        """Name of a scene; its number if it has none."""
        return self.names[index] if self.names else str(index)

    def select(self, indices: Sequence[int] | NDArray[np.int64]) -> Scenes:
        """Scenes at ``indices``, in that order."""
        rows = np.asarray(indices, dtype=np.int64)
        truth = self.truth
        if truth is not None:
            truth = attrs.evolve(
                truth,
                segmentation=truth.segmentation[rows],
                poses=None if truth.poses is None else truth.poses[rows],
                objects=None if truth.objects is None else truth.objects[rows],
            )
        return attrs.evolve(
            self,
            rgb=self.rgb[rows],
            depth=self.depth[rows],
            intrinsics=self.intrinsics[rows],
            cameras=None if self.cameras is None else self.cameras[rows],
            names=tuple(self.name(int(row)) for row in rows),
            truth=truth,
        )

    def points(self) -> NDArray[np.float32]:
        """Point of every pixel in its camera's frame ``(n, h, w, 3)``; 0 without depth."""
        return back_project(self.depth, self.intrinsics)

    def fingerprint(self) -> str:
        """SHA-256 of images and cameras."""
        digest = hashlib.sha256()
        for array in (self.rgb, self.depth, self.intrinsics, self.cameras):
            if array is not None:
                digest.update(str((array.shape, array.dtype)).encode())
                digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def back_project(
    depth: NDArray[np.float32], intrinsics: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Points in the camera's frame of depth images.

    Parameters
    ----------
    depth
        ``(..., h, w)``, metres.
    intrinsics
        ``(..., 4)``: fx, fy, cx, cy.

    Returns
    -------
    ndarray
        ``(..., h, w, 3)``: depth times ((u - cx) / fx, (v - cy) / fy, 1).
    """
    h, w = depth.shape[-2:]
    fx, fy, cx, cy = (intrinsics[..., k, None, None].astype(np.float32) for k in range(4))
    u = np.arange(w, dtype=np.float32)[None, :] + np.float32(0.5)
    v = np.arange(h, dtype=np.float32)[:, None] + np.float32(0.5)
    return np.stack([depth * (u - cx) / fx, depth * (v - cy) / fy, depth], -1).astype(np.float32)


def merge(parts: Sequence[Scenes]) -> Scenes:
    """Join scenes of one image size; masks are kept only if all parts have them.

    Raises
    ------
    DataError
        If image sizes differ.
    """
    sizes = {part.size for part in parts}
    if len(sizes) > 1:
        listed = ", ".join(f"{w}x{h}" for h, w in sorted(sizes))
        raise DataError(f"images of different sizes ({listed}); put each size in a folder")
    cameras = [part.cameras for part in parts]
    return Scenes(
        rgb=np.concatenate([part.rgb for part in parts]),
        depth=np.concatenate([part.depth for part in parts]),
        intrinsics=np.concatenate([part.intrinsics for part in parts]),
        cameras=None
        if any(each is None for each in cameras)
        else np.concatenate([each for each in cameras if each is not None]),
        names=tuple(part.name(i) for part in parts for i in range(len(part))),
        truth=_merged_truth([part.truth for part in parts]),
        repairs=tuple(dict.fromkeys(line for part in parts for line in part.repairs)),
    )


def _merged_truth(parts: Sequence[SceneTruth | None]) -> SceneTruth | None:
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    segmentation = np.concatenate([part.segmentation for part in known])
    if any(part.poses is None or part.objects is None for part in known):
        return SceneTruth(segmentation=segmentation)
    models = tuple(dict.fromkeys(name for part in known for name in part.models))
    most = max(part.poses.shape[1] for part in known if part.poses is not None)
    poses = np.zeros((len(segmentation), most, 4, 4))
    objects = np.full((len(segmentation), most), -1, dtype=np.int64)
    row = 0
    for part in known:
        assert part.poses is not None
        assert part.objects is not None
        n, m = part.objects.shape
        places = np.array([*(models.index(name) for name in part.models), -1], dtype=np.int64)
        poses[row : row + n, :m] = part.poses
        objects[row : row + n, :m] = places[part.objects]
        row += n
    return SceneTruth(segmentation=segmentation, poses=poses, objects=objects, models=models)


def _require(holds: bool, complaint: str) -> None:
    if not holds:
        raise DataError(f"scenes: {complaint}")
