"""Datasets that every installation has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geoframe_cfdm.data.items import Items


class Digits:
    """1797 handwritten digits of 8 x 8 pixels (values 0 to 16), from scikit-learn.

    Parameters
    ----------
    label
        Only this digit.
    """

    def __init__(self, *, label: int | None = None) -> None:
        self.label = label

    def load(self) -> Items:
        """Read the images and labels; neither a file nor the network is needed."""
        import torch
        from sklearn.datasets import load_digits

        from geoframe_cfdm.data.items import Items

        found = load_digits()
        data = torch.from_numpy(found.images).float()
        labels = torch.from_numpy(found.target).long()
        if self.label is not None:
            chosen = labels == self.label
            data, labels = data[chosen], labels[chosen]
        names = tuple(str(name) for name in found.target_names)
        return Items(data=data, labels=labels, label_names=names, origin="dataset 'digits'")


class Checkerboard:
    """Points of the plane on the dark squares of a 4 x 4 board with corners at -2 and 2.

    Parameters
    ----------
    points
        Number of points.
    seed
        Seed of the points.
    """

    def __init__(self, *, points: int = 500, seed: int = 0) -> None:
        self.points, self.seed = points, seed

    def load(self) -> Items:
        """Draw the points."""
        import torch

        from geoframe_cfdm.data.items import Items

        generator = torch.Generator().manual_seed(self.seed)
        square = torch.randint(8, (self.points,), generator=generator)
        row, column = square // 2, 2 * (square % 2)
        corner = torch.stack([column + row % 2, row], 1) - 2.0
        data = corner + torch.rand(self.points, 2, generator=generator)
        return Items(data=data, origin="dataset 'checkerboard'")
