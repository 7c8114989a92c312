"""Scenes in the folder that GEOFRAME_DATA names. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from geoframe.config import option
from geoframe.data import stored_file
from geoframe.dataset import Dataset

if TYPE_CHECKING:
    from geoframe_data.scenes import Scenes


@attrs.frozen(kw_only=True)
class StoredTabletop(Dataset):
    """Table-tops with 2 to 4 of 19 YCB objects (from files; see root)."""

    provides = "scenes"

    component: ClassVar[str] = "geoframe_dreamup3d.datasets.stored:StoredTabletop"

    part: Literal["train64", "val64", "val128"] = option(
        "train64", help="2000 scenes of 64 pixels, 200 of 64, or 100 of 128."
    )
    scenes: int = option(0, ge=0, unit="scenes", help="The first so many; 0: all.")
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/rgbd_tabletop")

    def load(self) -> Scenes:
        """Read the scenes.

        Raises
        ------
        DataError
            If the file is not found.
        """
        from geoframe_data.scene_files import read_scenes

        scenes = read_scenes(stored_file("rgbd_tabletop", f"{self.part}.npz", self.root))
        return scenes.select(range(min(self.scenes, len(scenes)))) if self.scenes else scenes
