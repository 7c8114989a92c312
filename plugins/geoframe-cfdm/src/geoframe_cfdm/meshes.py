"""Items from point clouds and meshes: their points."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoframe.data import read_bytes
from geoframe.errors import DataError
from geoframe_data import Items
from geoframe_data.files import check_unpacked


def read_mesh(path: Path, count: int | None) -> Items:
    """Read the vertices, or draw ``count`` points from the surface."""
    merged = load_mesh(path)
    points = np.asarray(merged.vertices, np.float32)
    if count is not None:
        if not len(getattr(merged, "faces", ())):
            raise DataError(f"{path}: has no faces; leave data.surface_points out")
        points = surface_points(merged, count, seed=0)
    elif path.suffix.lower() == ".stl":  # names every corner of every triangle
        points = np.unique(points, axis=0)
    return Items(data=points.copy(), kind="points", origin=str(path))


def load_mesh(path: Path) -> Any:
    """Read one file, and none beside it, as a mesh or point cloud of trimesh.

    Raises
    ------
    DataError
        If trimesh is missing or cannot read it, or the file is packed.
    """
    check_unpacked(path)
    try:
        import trimesh
    except ImportError:
        raise DataError(
            f"{path}: reading meshes needs trimesh; pip install 'geoframe-cfdm[mesh]'"
        ) from None
    content = BytesIO(read_bytes(path))
    try:
        loaded = trimesh.load(content, file_type=path.suffix[1:].lower(), process=False)
        merged: Any = loaded.to_geometry() if isinstance(loaded, trimesh.Scene) else loaded
        points = np.asarray(merged.vertices, np.float32)
    except Exception as error:  # trimesh fails on damaged files in all manners
        raise DataError(f"{path}: is no point cloud or mesh that trimesh can read") from error
    if not points.size or not np.isfinite(points).all():
        raise DataError(f"{path}: has no points, or such that are no finite numbers")
    return merged


def surface_points(mesh: Any, count: int, *, seed: int) -> NDArray[np.float32]:
    """Draw points ``(count, 3)`` float32 from a mesh of trimesh, uniformly by area."""
    import trimesh

    points, _ = trimesh.sample.sample_surface(mesh, count, seed=seed)
    return np.asarray(points, np.float32)
