"""Scenes as tensors to train the model on, with a teacher's labels."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe_data.scenes import Scenes
from geoframe_dreamup3d.reconstruction.scenes import Images
from geoframe_dreamup3d.table.inputs import network_input
from geoframe_dreamup3d.table.view import View, view_of


@attrs.frozen(eq=False)
class ImageSamples:
    """``n`` views of equal size; labels are a teacher's, 0 for no object, or all 0."""

    points: Tensor
    """``(n, h, w, 3)`` float16."""
    rgb: Tensor
    """``(n, h, w, 3)`` bytes."""
    valid: Tensor
    """``(n, h, w)``."""
    camera: Tensor
    """Camera -> turned frame ``(n, 4, 4)``."""
    intrinsics: Tensor
    """``(n, 4)``."""
    labels: Tensor
    """``(n, h, w)`` bytes."""
    middles: Tensor
    """Row and column amid what stands on the table ``(n, 2)``."""

    def __len__(self) -> int:
        return len(self.points)

    def batch(self, items: Tensor, window: int) -> tuple[Images, Tensor]:
        """Cut windows around the objects of views ``(b,)``.

        Returns
        -------
        tuple
            Images, and labels of every second row and column ``(b, n)``.
        """
        h, w = self.valid.shape[1:]
        rows, columns = min(window, h), min(window, w)
        corner = self.middles[items] - torch.tensor([rows, columns]) // 2
        top = corner[:, 0].clamp(0, h - rows)
        left = corner[:, 1].clamp(0, w - columns)
        row = (top[:, None] + torch.arange(rows))[:, :, None]
        column = (left[:, None] + torch.arange(columns))[:, None, :]
        at = (items[:, None, None], row, column)
        intrinsics = self.intrinsics[items].clone()
        intrinsics[:, 2] -= left
        intrinsics[:, 3] -= top
        images = Images(
            self.points[at].float(),
            self.rgb[at].float() / 255,
            self.valid[at].float(),
            self.camera[items],
            intrinsics,
        )
        return images, self.labels[at][:, ::2, ::2].flatten(1).long()


def image_samples(
    scenes: Scenes, teacher: Callable[[View], NDArray[np.int32]] | None
) -> ImageSamples:
    """Turn scenes into training samples; their true masks, if any, are not looked at.

    Parameters
    ----------
    teacher
        Labels a view; None leaves all labels 0.

    Raises
    ------
    DataError
        If a scene has no table.
    """
    parts: dict[str, list[NDArray[np.generic]]] = {
        each.name: [] for each in attrs.fields(ImageSamples)
    }
    for i in range(len(scenes)):
        seen = network_input(view_of(scenes, i))
        view = seen.view
        labels = np.zeros(view.depth.shape) if teacher is None else teacher(view)
        places = np.argwhere(view.above)
        middle = (
            (places.min(0) + places.max(0)) // 2 if len(places) else np.array(view.depth.shape) // 2
        )
        parts["points"].append(seen.points.astype(np.float16))
        parts["rgb"].append(view.rgb)
        parts["valid"].append(view.valid)
        parts["camera"].append((seen.turn @ view.camera).astype(np.float32))
        parts["intrinsics"].append(view.intrinsics.astype(np.float32))
        parts["labels"].append(labels.astype(np.uint8))
        parts["middles"].append(middle)
    return ImageSamples(**{name: torch.from_numpy(np.stack(part)) for name, part in parts.items()})
