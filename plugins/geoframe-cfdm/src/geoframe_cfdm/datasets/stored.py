"""Data sets in the folder that the environment variable GEOFRAME_DATA names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import attrs

from geoframe.config import option
from geoframe.dataset import Dataset
from geoframe.errors import DataError

if TYPE_CHECKING:
    from geoframe_data import Items


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


@attrs.frozen(kw_only=True)
class CIFAR10(Dataset):
    """CIFAR-10 training images, stored as JPEG bytes (cifar10-jpeg/train.npz)."""

    provides = "items"

    component: ClassVar[str] = "geoframe_cfdm.datasets.stored:CIFAR10"

    count: int = option(20_000, ge=2, unit="images", help="Images to decode, the first ones.")
    size: int = option(
        32, ge=1, unit="pixels", help="Height and width to resize to; the images have 32."
    )

    def load(self) -> Items:
        """Decode the images -> uint8 ``(n, size, size, 3)``."""
        import io

        import numpy as np
        from PIL import Image

        from geoframe_data import Items

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
            data=data,
            labels=labels[:count].astype(np.int64),
            label_names=names,
            origin="cifar10-jpeg",
        )


@attrs.frozen(kw_only=True)
class MeshSurface(Dataset):
    """Points drawn from the surface of the mesh Spot (spot-mesh), or of another mesh file."""

    provides = "items"

    component: ClassVar[str] = "geoframe_cfdm.datasets.stored:MeshSurface"

    points: int = option(500, ge=2, unit="points", help="Number of points.")
    mesh: Path | None = option(
        None, help="A mesh file that trimesh reads; by default Spot, a cow by Keenan Crane."
    )
    seed: int = option(0, ge=0, help="Seed of the points.")

    def load(self) -> Items:
        """Draw the points, uniformly by area."""
        from geoframe_cfdm.meshes import load_mesh, surface_points
        from geoframe_data import Items

        path = self.mesh or stored("spot-mesh/spot_triangulated.obj")
        surface = load_mesh(path)
        if not len(getattr(surface, "faces", ())):
            raise DataError(f"{path}: has no faces to draw points from")
        points = surface_points(surface, self.points, seed=self.seed)
        return Items(data=points, kind="points", origin=str(path))
