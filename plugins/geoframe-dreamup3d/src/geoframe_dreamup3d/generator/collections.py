"""Where shapes come from: primitives, random blobs, packs of meshes, a user's mesh files."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from geoframe.data import load_npz, shown, stored_file
from geoframe.errors import DataError
from geoframe_data.arrays import as_floats, as_whole
from geoframe_data.files import check_regular, check_unpacked
from geoframe_dreamup3d.generator.meshes import MeshShape
from geoframe_dreamup3d.generator.primitives import Primitive, unit_sphere
from geoframe_dreamup3d.generator.resting import resting_rotations
from geoframe_dreamup3d.generator.shapes import Shape

MESH_SUFFIXES = (".obj", ".ply", ".stl", ".off", ".glb", ".gltf", ".dae")
LARGEST = 0.5
"""Metres: a mesh with a longer side is taken to be in millimetres, or refused."""
BLOB_VERTICES = 320
STORED = ("ycb19", "ycb_more46", "common5")
"""Packs of meshes in the folder that GEOFRAME_DATA names."""


def primitives(count: int, seed: int) -> list[Shape]:
    """Draw ellipsoids, boxes and cylinders of 4 to 16 cm, each of one colour."""
    generator = np.random.default_rng([seed, 1])
    made: list[Shape] = []
    for i in range(count):
        kind = ("ellipsoid", "box", "cylinder")[i % 3]
        half = generator.uniform(0.02, 0.08, 3)
        if kind == "cylinder":
            half[1] = half[0]
        if kind == "ellipsoid" and generator.random() < 0.5:
            half[:] = half[0]
        made.append(Primitive(name=f"{kind}-{i}", kind=kind, half=half, colour=_colour(generator)))
    return made


def blobs(count: int, seed: int) -> list[Shape]:
    """Draw star-shaped bodies: ball-like lumps, and turned profiles like bottles and bowls.

    Their outlines share nothing with any model that one tests on.
    """
    generator = np.random.default_rng([seed, 2])
    return [_blob(f"blob-{i}", generator) for i in range(count)]


def load_meshes(path: Path) -> list[Shape]:
    """Load a pack of meshes (npz), one mesh file, or all mesh files of a folder.

    A pack has ``<name>/v``, ``<name>/f``, ``<name>/c`` and, to save time, resting rotations
    ``<name>/R`` with probabilities ``<name>/p``.

    Raises
    ------
    DataError
        If there is no usable mesh.
    """
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() in MESH_SUFFIXES)
        if not files:
            raise DataError(f"{path}: no mesh files in it ({', '.join(MESH_SUFFIXES)})")
        return [_mesh_file(file) for file in files]
    if path.suffix.lower() == ".npz":
        return _pack(path)
    return [_mesh_file(path)]


def mesh_shape(
    name: str,
    vertices: NDArray[np.floating],
    faces: NDArray[np.integer],
    colours: NDArray[np.floating],
    resting: tuple[NDArray[np.floating], NDArray[np.floating]] | None = None,
) -> MeshShape:
    """Make a shape of a mesh; how it rests is computed if it is not given."""
    points = np.asarray(vertices, dtype=np.float64)
    corners = np.asarray(faces)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise DataError(f"mesh '{shown(name)}': vertices must be finite numbers (n, 3)")
    if (
        corners.ndim != 2
        or corners.shape[1] != 3
        or not ((corners >= 0) & (corners < len(points))).all()
    ):
        raise DataError(f"mesh '{shown(name)}': faces must be numbers of vertices (m, 3)")
    try:
        hull = points[ConvexHull(points).vertices]
    except (QhullError, ValueError):
        raise DataError(f"mesh '{shown(name)}': is flat, or has fewer than 4 vertices") from None
    rotations, share = resting_rotations(points) if resting is None else resting
    probabilities = np.asarray(share, dtype=np.float64)
    return MeshShape(
        name=name,
        vertices=points,
        hull=hull,
        faces=np.asarray(faces, dtype=np.int64),
        colours=np.asarray(colours, dtype=np.float64),
        resting=(np.asarray(rotations, np.float64), probabilities / probabilities.sum()),
    )


def _pack(path: Path) -> list[Shape]:
    arrays = load_npz(path)
    names = [key.removesuffix("/v") for key in arrays if key.endswith("/v")]
    if not names:
        raise DataError(f"{path}: no arrays '<name>/v' (vertices) with '<name>/f' (faces)")
    made: list[Shape] = []
    for name in names:
        if f"{name}/f" not in arrays:
            raise DataError(f"{path}: no faces '{shown(name)}/f'")
        vertices = as_floats(arrays[f"{name}/v"], f"{name}/v", path)
        grey = np.full((*vertices.shape[:1], 3), 160.0)
        colours = as_floats(arrays.get(f"{name}/c", grey), f"{name}/c", path) / 255
        if colours.shape != grey.shape:
            raise DataError(f"{path}: '{shown(name)}/c' has not a colour for each vertex (n, 3)")
        rest = None
        if f"{name}/R" in arrays and f"{name}/p" in arrays:
            rotations = as_floats(arrays[f"{name}/R"], f"{name}/R", path)
            share = as_floats(arrays[f"{name}/p"], f"{name}/p", path)
            if rotations.shape != (share.size, 3, 3) or share.ndim != 1 or not share.sum() > 0:
                raise DataError(
                    f"{path}: '{shown(name)}/R' and '/p' are rotations (k, 3, 3) and how likely "
                    "each is (k,)"
                )
            rest = rotations, share
        faces = as_whole(arrays[f"{name}/f"], f"{name}/f", path)
        made.append(mesh_shape(name, vertices, faces, colours, rest))
    return made


def _mesh_file(path: Path) -> MeshShape:
    try:
        import trimesh
    except ImportError:
        raise DataError(
            f"{path}: reading mesh files needs trimesh: pip install 'geoframe-dreamup3d[meshes]'"
        ) from None
    check_regular(path)
    check_unpacked(path)
    try:
        loaded: Any = trimesh.load(path, force="mesh")
        vertices, faces = np.asarray(loaded.vertices), np.asarray(loaded.faces)
    except Exception as error:  # every format of trimesh raises its own
        raise DataError(f"{path}: not a readable mesh: {shown(error)}") from None
    if len(faces) < 4:
        raise DataError(f"{path}: a mesh of {len(faces)} faces is no solid")
    longest = float(np.ptp(vertices, axis=0).max())
    if longest > LARGEST:
        if longest / 1000 > LARGEST or longest < 5:
            raise DataError(
                f"{path}: the mesh is {longest:.3g} long; things on a "
                f"table are wanted in metres, up to {LARGEST} m"
            )
        vertices = vertices / 1000
    colours = np.full((len(vertices), 3), 0.6)
    visual = getattr(loaded, "visual", None)
    if visual is not None:
        with suppress(Exception):  # a texture that cannot be read leaves the mesh grey
            colours = np.asarray(visual.to_color().vertex_colors)[:, :3] / 255
    return mesh_shape(path.stem, vertices, faces, colours)


def _blob(name: str, generator: np.random.Generator) -> MeshShape:
    unit = unit_sphere(BLOB_VERTICES)
    faces = _outward(unit, ConvexHull(unit).simplices)
    shape = _lump if generator.random() < 0.5 else _turned
    unit = shape(unit, generator)
    base, other = _colour(generator), _colour(generator)
    frequency = generator.uniform(0.5, 4)
    direction = generator.normal(size=3)
    pattern = (np.sin(frequency * unit @ direction / np.abs(unit).max() * 3) > 0)[:, None]
    patterned = generator.random() < 0.6
    return mesh_shape(name, unit, faces, np.where(pattern & patterned, other, base))


def _lump(unit: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    radius = np.ones(len(unit))
    for _ in range(6):
        direction = generator.normal(size=3) * generator.uniform(0.7, 2.5)
        radius += generator.uniform(0.05, 0.22) * np.sin(unit @ direction + generator.uniform(0, 6))
    # A power below one squares the ball: from ellipsoids to boxes with round edges.
    power = generator.uniform(0.3, 1.0)
    squared = np.sign(unit) * np.abs(unit) ** power
    return squared * radius[:, None] * generator.uniform(0.02, 0.07, 3)


def _turned(unit: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    height = np.linspace(-1, 1, 9)
    profile = np.clip(
        generator.uniform(0.4, 1.0) + np.cumsum(generator.normal(0, 0.12, 9)), 0.15, 1.3
    )
    # Steep ends make cans and cups rather than balls.
    ring = np.linalg.norm(unit[:, :2], axis=1, keepdims=True)
    z = np.sign(unit[:, 2:]) * np.abs(unit[:, 2:]) ** 0.35
    wide = np.interp(z[:, 0], height, profile)[:, None]
    outline = unit[:, :2] / np.maximum(ring, 1e-9) * ring**0.35 * wide
    size = generator.uniform(0.02, 0.055)
    return np.concatenate([outline * size, z * generator.uniform(0.02, 0.1)], 1)


def _outward(vertices: NDArray[np.float64], faces: NDArray[np.integer]) -> NDArray[np.int64]:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    inward = (np.cross(b - a, c - a) * (a + b + c)).sum(1) < 0
    turned = faces.astype(np.int64)
    turned[inward] = turned[inward][:, ::-1]
    return turned


def _colour(generator: np.random.Generator) -> NDArray[np.float64]:
    hue, saturation, value = (
        generator.random(),
        generator.uniform(0.2, 1),
        generator.uniform(0.3, 1),
    )
    return np.array(colorsys.hsv_to_rgb(hue, saturation, value))


def shapes_of(sources: Sequence[str], *, count: int = 60, seed: int = 0) -> list[Shape]:
    """Collect shapes from ``primitives``, ``blobs``, stored packs, and paths of meshes or packs.

    Parameters
    ----------
    count
        Shapes of each random kind.
    """
    made: list[Shape] = []
    for source in sources:
        if source == "primitives":
            made += primitives(count, seed)
        elif source == "blobs":
            made += blobs(count, seed)
        elif source in STORED:
            made += load_meshes(stored_file("meshes", f"{source}.npz"))
        elif Path(source).exists():
            made += load_meshes(Path(source))
        else:
            raise DataError(
                f"shapes: '{shown(source)}' is none of primitives, blobs, "
                f"{', '.join(STORED)}, and no file or folder"
            )
    return made
