"""Smooth Gaussian random fields on a grid."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

KEPT = 1e-5
"""Share of the largest eigenvalue below which directions of the kernel are left out."""


class GaussianFields:
    """Stationary fields of unit variance whose covariance is a Gaussian of the distance.

    The kernel is a product over the axes, so a field is ``B xi B'^T`` with white noise ``xi`` and
    roots ``B B^T = K`` of the kernels of the axes.

    Parameters
    ----------
    side
        Height and width of the grid.
    length
        Standard deviation of the covariance, as a share of the larger side.
    """

    def __init__(self, side: tuple[int, int], length: float) -> None:
        scale = length * max(side)
        self.roots = tuple(_root(each, scale) for each in side)

    def draw(self, count: int, generators: Sequence[Generator]) -> Tensor:
        """Draw ``count`` independent fields with each generator ``(B, count, height, width)``."""
        down, across = self.roots
        noise = torch.empty(len(generators), count, down.shape[1], across.shape[1])
        for row, own in zip(noise, generators, strict=True):
            row.normal_(generator=own)
        return down @ noise @ across.T


def _root(n: int, scale: float) -> Tensor:
    """Root ``(n, r)`` of the kernel of one axis."""
    place = torch.arange(n, dtype=torch.float64)
    kernel = torch.exp(-(place[:, None] - place).square() / (2 * scale**2))
    values, vectors = torch.linalg.eigh(kernel)
    kept = values > KEPT * values.amax()
    root: Tensor = vectors[:, kept] * values[kept].sqrt()
    unit: Tensor = root / root.square().sum(1, keepdim=True).sqrt()
    return unit.float()
