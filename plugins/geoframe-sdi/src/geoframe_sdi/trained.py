"""What a finished distillation gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe import Embedder
from geoframe_sdi.evaluation import rendered
from geoframe_sdi.export import export_scene
from geoframe_sdi.figures import as_pixels
from geoframe_sdi.scenes.cameras import around, read_transforms

TURNTABLE = 36
"""Frames of an exported turntable."""


class DistilledScene:
    """A scene that was distilled, with the views it was measured on.

    Parameters
    ----------
    scene
        The embedder from camera rows to pixels.
    cameras
        Rows of the views ``(n, k)`` that :meth:`to_frame` tells of.
    names
        A name for each.
    shape
        Channels, height and width of a render.
    facts
        Name of the scene and its options, for the export.
    """

    def __init__(
        self,
        scene: Embedder,
        cameras: Tensor,
        names: Sequence[str],
        shape: tuple[int, int, int],
        facts: Mapping[str, Any],
    ) -> None:
        self.scene = scene.eval().requires_grad_(False)
        self.cameras, self.names = cameras, tuple(names)
        self.shape, self.facts = shape, dict(facts)

    def render(self, cameras: Tensor | None = None) -> NDArray[np.float64]:
        """Views ``(n, h, w)`` or ``(n, h, w, 3)`` with values in [0, 1]; the known ones by default.

        Parameters
        ----------
        cameras
            Rows of :mod:`geoframe_sdi.scenes.cameras`.
        """
        images = rendered(self.scene, self.cameras if cameras is None else cameras, self.shape)
        return np.stack([as_pixels(image) for image in images])

    def apply(self, data: str | PathLike[str]) -> pd.DataFrame:
        """Render the cameras of a transforms.json: a row a camera, a column a value of a pixel.

        Raises
        ------
        DataError
            If it is none.
        """
        cameras = read_transforms(Path(data))
        return self._frame([f"frame {index}" for index in range(len(cameras))], cameras)

    def to_frame(self) -> pd.DataFrame:
        """The known views, a row each."""
        return self._frame(self.names, self.cameras)

    def _frame(self, names: Sequence[str], cameras: Tensor) -> pd.DataFrame:
        pixels = self.render(cameras).reshape(len(cameras), -1)
        columns = [f"pixel_{index}" for index in range(pixels.shape[1])]
        frame = pd.DataFrame(pixels.astype(np.float32), columns=columns)
        frame.insert(0, "name", list(names))
        return frame

    def export(self, folder: Path) -> Sequence[Path]:
        """Write pictures of the views, the module, and the scene in formats for others."""
        frames = None if self.facts["flat"] else self.render(around(self.cameras, TURNTABLE))
        return export_scene(self.scene, self.render(), self.names, self.facts, folder, frames)

    def parameters(self) -> dict[str, Tensor]:
        """What was trained."""
        return {name: value.detach() for name, value in self.scene.state_dict().items()}

    def __repr__(self) -> str:
        count = sum(value.numel() for value in self.parameters().values())
        return (
            f"DistilledScene({self.facts['scene']}, {count} values, {len(self.names)} views of "
            f"{'x'.join(map(str, self.shape))})"
        )

    def _repr_html_(self) -> str:
        from geoframe.run.figures import data_uri, svg
        from geoframe_sdi.figures import grid

        images = rendered(self.scene, self.cameras[:16], self.shape)
        return f'<p>{self!r}</p><img src="{data_uri(svg(grid(images, "")))}">'


def names_of(cameras: Tensor, flat: bool) -> list[str]:
    """Names of views: images by number, cameras by where they look from."""
    if flat:
        return [f"image {index}" for index in range(len(cameras))]
    around = torch.rad2deg(torch.atan2(cameras[:, 0], cameras[:, 2])) % 360
    return [f"view {index} from {angle:.0f} degrees" for index, angle in enumerate(around.tolist())]
