"""Data sets in the folder that the environment variable GEOFRAME_DATA names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from geoframe.errors import DataError

if TYPE_CHECKING:
    from geoframe_cfdm.data.items import Items


def stored(name: str) -> Path:
    """Return a file of the data folder.

    Raises
    ------
    DataError
        If the folder is not known or does not hold the file.
    """
    folder = os.environ.get("GEOFRAME_DATA")
    if not folder:
        raise DataError(f"{name}: set the environment variable GEOFRAME_DATA to the data folder")
    path = Path(folder) / name
    if not path.exists():
        raise DataError(f"{path}: no such file; it is not part of this data folder")
    return path


class CIFAR10:
    """CIFAR-10 training images as JPEG bytes (cifar10-jpeg/train.npz), decoded.

    Parameters
    ----------
    count
        Images to decode, the first ones.
    size
        Height and width to resize to (Lanczos); the images have 32.
    """

    def __init__(self, *, count: int = 20_000, size: int = 32) -> None:
        self.count, self.size = count, size

    def load(self) -> Items:
        """Decode the images -> uint8 ``(n, size, size, 3)``."""
        import io

        import numpy as np
        import torch
        from PIL import Image

        from geoframe_cfdm.data.items import Items

        with np.load(stored("cifar10-jpeg/train.npz")) as file:
            jpeg, offsets = file["jpeg"], file["offsets"]
            labels, names = file["labels"], tuple(str(name) for name in file["classes"])
        count = min(self.count, len(labels))
        data = np.empty((count, self.size, self.size, 3), np.uint8)
        for row in range(count):
            content = io.BytesIO(jpeg[offsets[row] : offsets[row + 1]].tobytes())
            image = Image.open(content).convert("RGB")
            if self.size != image.width:
                image = image.resize((self.size, self.size), Image.Resampling.LANCZOS)
            data[row] = np.asarray(image)
        return Items(
            data=torch.from_numpy(data),
            labels=torch.from_numpy(labels[:count].astype(np.int64)),
            label_names=names,
            origin="cifar10-jpeg",
        )


class MeshSurface:
    """Points drawn from the surface of the mesh Spot (spot-mesh), or of another mesh file.

    Parameters
    ----------
    points
        Number of points.
    mesh
        Path of a mesh file that trimesh reads; by default Spot, a cow by Keenan Crane.
    seed
        Seed of the points.
    """

    def __init__(self, *, points: int = 500, mesh: str = "", seed: int = 0) -> None:
        self.points, self.mesh, self.seed = points, mesh, seed

    def load(self) -> Items:
        """Draw the points, uniformly by area."""
        import numpy as np
        import torch

        from geoframe_cfdm.data.items import Items

        try:
            import trimesh
        except ImportError:
            raise DataError("meshes need trimesh; pip install 'geoframe-cfdm[mesh]'") from None
        path = Path(self.mesh) if self.mesh else stored("spot-mesh/spot_triangulated.obj")
        surface = trimesh.load_mesh(path, process=False)
        points, _ = trimesh.sample.sample_surface(surface, self.points, seed=self.seed)
        return Items(data=torch.from_numpy(np.asarray(points, np.float32)), origin=str(path))
