"""What a finished run gives: objects of new images."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geoframe_data.scene_files import read_scenes
from geoframe_data.scenes import Scenes
from geoframe_dreamup3d.backends import Backend
from geoframe_dreamup3d.objects import Description, describe
from geoframe_dreamup3d.table.view import View, view_of

if TYPE_CHECKING:
    import pandas as pd

KEYS = ["scene", "object"]


class TrainedDreamUp3D:
    """Finds the objects of RGB-D images.

    Parameters
    ----------
    backend
        What separates objects and completes their shapes.
    rows
        Objects that the run found in its test scenes, as :meth:`apply` puts them.
    """

    def __init__(self, backend: Backend, rows: Sequence[dict[str, Any]]) -> None:
        self.backend = backend
        self.rows = rows

    def __repr__(self) -> str:
        return f"TrainedDreamUp3D({self.backend.name}: {len(self.rows)} objects in its test scenes)"

    def _repr_html_(self) -> str:
        html: str = self.to_frame().head(10).to_html()
        return f"<p>{self!r}</p>{html}"

    def segment(self, view: View) -> NDArray[np.int32]:
        """Labels of one view's pixels ``(h, w)``, 0 for no object."""
        return self.backend.segment(view)

    def describe(self, scenes: Scenes, index: int = 0) -> Description:
        """Objects of one image with masks, boxes, meshes and self-check.

        Raises
        ------
        DataError
            If there is no table in the image.
        """
        view = view_of(scenes, index)
        return describe(view, self.backend.segment, self.backend.complete, name=scenes.name(index))

    def apply(self, data: str | PathLike[str]) -> pd.DataFrame:
        """Objects of images: one row each, keyed by scene and object.

        Columns are those of :meth:`Description.rows`, and ``mask``, the object's pixels as COCO's
        run lengths (``height width: n n n ...``, column by column, from background on).

        Raises
        ------
        DataError
            If the data cannot be read or an image shows no table.
        """
        scenes = read_scenes(Path(data))
        rows = []
        for i in range(len(scenes)):
            found = self.describe(scenes, i)
            rows += [
                {**row, "mask": run_lengths(found.labels == row["object"])} for row in found.rows()
            ]
        return frame(rows)

    def to_frame(self) -> pd.DataFrame:
        """Objects that the run found in its test scenes, keyed by scene and object."""
        return frame(self.rows)

    def export(self, folder: Path) -> Sequence[Path]:
        """Write the networks (torch.export, ONNX) and the table of objects (Parquet)."""
        path = folder / "objects.parquet"
        self.to_frame().reset_index().to_parquet(path, index=False)
        return [*self.backend.export(folder), path]


def frame(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Table of objects, keyed by scene and object."""
    import pandas as pd

    return pd.DataFrame(list(rows) or {key: [] for key in KEYS}).set_index(KEYS)


def run_lengths(mask: NDArray[np.bool_]) -> str:
    """Write a mask as COCO's uncompressed run lengths, after its height and width."""
    flat = np.concatenate([[False], mask.T.ravel(), [False]])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    ends = np.concatenate([[0], changes, [mask.size]])
    lengths = np.diff(ends)
    if not mask.size or lengths[-1] == 0:
        lengths = lengths[:-1]
    h, w = mask.shape
    return f"{h} {w}: {' '.join(str(n) for n in lengths.tolist())}"
