"""Datasets that every installation has."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from geoframe.config import option
from geoframe.dataset import Dataset

if TYPE_CHECKING:
    from geoframe_data import Items


@attrs.frozen(kw_only=True)
class Digits(Dataset):
    """1797 handwritten digits of 8 x 8 pixels (values 0 to 16), from scikit-learn."""

    provides = "items"

    component: ClassVar[str] = "geoframe_cfdm.datasets.builtin:Digits"

    label: int | None = option(None, ge=0, le=9, help="Only this digit.")

    def load(self) -> Items:
        """Read the images and labels; neither a file nor the network is needed."""
        import numpy as np
        from sklearn.datasets import load_digits

        from geoframe_data import Items

        found = load_digits()
        data, labels = found.images.astype(np.float32), found.target.astype(np.int64)
        if self.label is not None:
            chosen = labels == self.label
            data, labels = data[chosen], labels[chosen]
        names = tuple(str(name) for name in found.target_names)
        return Items(data=data, labels=labels, label_names=names, origin="dataset 'digits'")


@attrs.frozen(kw_only=True)
class Checkerboard(Dataset):
    """Points of the plane on the dark squares of a 4 x 4 board with corners at -2 and 2."""

    provides = "items"

    component: ClassVar[str] = "geoframe_cfdm.datasets.builtin:Checkerboard"

    points: int = option(500, ge=2, unit="points", help="Number of points.")
    seed: int = option(0, ge=0, help="Seed of the points.")

    def load(self) -> Items:
        """Draw the points."""
        import torch

        from geoframe_data import Items

        generator = torch.Generator().manual_seed(self.seed)
        square = torch.randint(8, (self.points,), generator=generator)
        row, column = square // 2, 2 * (square % 2)
        corner = torch.stack([column + row % 2, row], 1) - 2.0
        data = corner + torch.rand(self.points, 2, generator=generator)
        return Items(data=data.numpy(), origin="dataset 'checkerboard'")
