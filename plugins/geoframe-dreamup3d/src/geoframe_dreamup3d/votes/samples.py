"""Labelled scenes as tensors to train the voting network on."""

from __future__ import annotations

import attrs
import numpy as np
import torch
from torch import Tensor

from geoframe.errors import DataError
from geoframe_data.scenes import Scenes
from geoframe_dreamup3d.classical.boxes import upright_box
from geoframe_dreamup3d.table.inputs import network_input
from geoframe_dreamup3d.table.view import view_of


@attrs.frozen(eq=False)
class VoteSamples:
    """``n`` views of equal size, kept small: half precision and bytes."""

    points: Tensor
    """``(n, h, w, 3)`` float16, in frames turned to the cameras."""
    rgb: Tensor
    """``(n, h, w, 3)`` bytes."""
    valid: Tensor
    """``(n, h, w)``."""
    labels: Tensor
    """``(n, h, w)`` bytes: 0 for no object."""
    centres: Tensor
    """``(n, m, 3)``: middle of each object's upright box, of what is seen of it."""
    middles: Tensor
    """Row and column amid what stands on the table ``(n, 2)``."""

    def __len__(self) -> int:
        return len(self.points)

    def batch(
        self, items: Tensor, window: int, shift: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Cut windows around the objects of views ``(b,)``.

        Parameters
        ----------
        window
            Side, pixels; views that are smaller stay whole.
        shift
            Rows and columns that each window is moved by ``(b, 2)``.

        Returns
        -------
        tuple
            Points ``(b, s, s, 3)``, colours in [0, 1], valid, labels, and the views' centres.
        """
        h, w = self.labels.shape[1:]
        rows, columns = min(window, h), min(window, w)
        corner = self.middles[items] + shift - torch.tensor([rows, columns]) // 2
        top = corner[:, 0].clamp(0, h - rows)
        left = corner[:, 1].clamp(0, w - columns)
        row = (top[:, None] + torch.arange(rows))[:, :, None]
        column = (left[:, None] + torch.arange(columns))[:, None, :]
        at = (items[:, None, None], row, column)
        return (
            self.points[at].float(),
            self.rgb[at].float() / 255,
            self.valid[at].float(),
            self.labels[at].long(),
            self.centres[items],
        )


def vote_samples(scenes: Scenes) -> VoteSamples:
    """Turn scenes with masks into training samples.

    Raises
    ------
    DataError
        If the scenes have no masks or one has no table.
    """
    if scenes.truth is None:
        raise DataError(
            "the scenes have no instance masks, which 'votes' is trained on; use generated scenes "
            "(leave data.path out), or backend = 'reconstruction'"
        )
    parts: dict[str, list[np.ndarray]] = {
        name: [] for name in ("points", "rgb", "valid", "labels", "centres", "middles")
    }
    most = max(1, int(scenes.truth.segmentation.max()))
    for i in range(len(scenes)):
        view = view_of(scenes, i)
        seen = network_input(view)
        stride = view.depth.shape[0] // seen.view.depth.shape[0]
        labels = scenes.truth.segmentation[i][stride // 2 :: stride, stride // 2 :: stride]
        labels = np.where(
            seen.view.valid, labels[: seen.points.shape[0], : seen.points.shape[1]], 0
        )
        centres = np.zeros((most, 3), dtype=np.float32)
        for j in np.unique(labels[labels > 0]):
            centres[j - 1] = upright_box(seen.points[labels == j]).centre
        places = np.argwhere(seen.view.above)
        middle = (
            (places.min(0) + places.max(0)) // 2 if len(places) else np.array(labels.shape) // 2
        )
        parts["points"].append(seen.points.astype(np.float16))
        parts["rgb"].append(seen.view.rgb)
        parts["valid"].append(seen.view.valid)
        parts["labels"].append(labels.astype(np.uint8))
        parts["centres"].append(centres)
        parts["middles"].append(middle)
    return VoteSamples(**{name: torch.from_numpy(np.stack(part)) for name, part in parts.items()})
