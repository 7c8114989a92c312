"""Scenes that are made up when they are asked for. Torch-free."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from geoframe.config import option
from geoframe.dataset import Dataset

if TYPE_CHECKING:
    from geoframe_data.scenes import Scenes


@attrs.frozen(kw_only=True)
class GeneratedTabletop(Dataset):
    """Objects at rest on a table, half of them touching others, with masks and poses."""

    provides = "scenes"

    component: ClassVar[str] = "geoframe_dreamup3d.datasets.generated:GeneratedTabletop"

    scenes: int = option(600, ge=1, le=200_000, unit="scenes", help="How many.")
    shapes: tuple[str, ...] = option(
        ("primitives", "blobs"),
        help="primitives, blobs, ycb19, ycb_more46, common5 (from $GEOFRAME_DATA/meshes), or a "
        "mesh file, a folder of these, or an npz pack.",
    )
    kinds: int = option(60, ge=1, unit="shapes", help="Shapes of each random kind.")
    size: int = option(64, ge=16, le=1024, unit="pixels", help="Side of the images.")
    least: int = option(2, ge=1, le=200, unit="objects", help="Fewest in a scene.")
    most: int = option(4, ge=1, le=200, unit="objects", help="Most in a scene.")
    touching: float = option(0.5, ge=0, le=1, help="Probability that an object touches another.")
    noise: bool = option(False, help="Errors of a depth sensor.")
    seed: int = option(0, ge=0, help="Seed of shapes and scenes; the run's seed has no part in it.")

    def load(self) -> Scenes:
        """Draw the scenes.

        Raises
        ------
        DataError
            If shapes are not found, or too few or large.
        """
        from geoframe_dreamup3d.generator.collections import shapes_of
        from geoframe_dreamup3d.generator.noise import SensorNoise
        from geoframe_dreamup3d.generator.scenes import SceneOptions, generate

        options = SceneOptions(
            size=self.size,
            objects=(self.least, max(self.least, self.most)),
            touching=self.touching,
            noise=SensorNoise() if self.noise else None,
        )
        shapes = shapes_of(self.shapes, count=self.kinds, seed=self.seed)
        return generate(shapes, self.scenes, options, seed=self.seed)
