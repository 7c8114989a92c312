"""Putting data on the scale of the noise, and samples back."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import torch
from torch import Tensor

from geoframe_cfdm.axes import principal_axes
from geoframe_cfdm.config import Standardize

FLOOR = 1e-5
"""Smallest scale, relative to the largest, that a feature or an axis is divided by."""


@attrs.frozen(eq=False)
class Standardizer:
    """An invertible affine map: subtract the mean, then scale, or rotate and scale.

    Sampling starts from N(0, I), so the data should have about that scale. Taking off the mean
    changes nothing (the state is shifted by ``t * mean``), but keeps float32 accurate.
    """

    mean: Tensor
    """``(d,)`` float32."""
    scale: Tensor
    """``(k,)`` float32: what each standardised coordinate was divided by."""
    axes: Tensor | None = None
    """``(k, d)`` orthonormal rows, or None if coordinates are not rotated."""

    @property
    def one_scale(self) -> float | None:
        """The scale, if it is the same for all coordinates and these are not rotated."""
        first = float(self.scale[0])
        same = self.axes is None and bool((self.scale == first).all())
        return first if same else None

    @property
    def dim(self) -> int:
        """Number k of standardised coordinates."""
        return len(self.scale)

    @property
    def log_volume(self) -> float:
        """Logarithm of the volume of a standardised unit cube, in units of the data."""
        return float(self.scale.double().log().sum())

    def forward(self, items: Tensor) -> Tensor:
        """Items ``(n, d)`` -> standardised float32 ``(n, k)``."""
        centred = items.to(self.mean.device, torch.float32) - self.mean
        if self.axes is not None:
            centred = centred @ self.axes.T
        return centred.div_(self.scale)

    def inverse(self, points: Tensor) -> Tensor:
        """Standardised ``(n, k)`` -> items ``(n, d)``; on the kept axes if some were dropped."""
        scaled = points * self.scale
        if self.axes is not None:
            scaled = scaled @ self.axes
        return scaled.add_(self.mean)

    def to(self, device: torch.device) -> Standardizer:
        """Move to a device."""
        axes = None if self.axes is None else self.axes.to(device)
        return Standardizer(self.mean.to(device), self.scale.to(device), axes)


def fit_standardizer(
    data: Tensor, kind: Standardize, *, keep: int | None = None, block: int = 2048
) -> Standardizer:
    """Measure mean and scale of items ``(n, d)`` in float64, block by block.

    Parameters
    ----------
    kind
        ``"none"`` (mean only), ``"scale"`` or ``"auto"`` (root mean square over all features),
        ``"feature"`` (standard deviation of each) or ``"whiten"`` (principal axes, needs
        ``min(n, d)**2`` memory).
    keep
        Number of principal axes kept by ``"whiten"``.
    """
    n, d = data.shape
    mean = torch.zeros(d, dtype=torch.float64)
    for part in _blocks(data, block):
        mean += part.sum(0)
    mean /= n
    if kind == "none":
        return Standardizer(mean.float(), torch.ones(d))
    if kind == "whiten":
        return _whitener(data, mean, keep or min(d, n - 1) or 1, block)
    variance = torch.zeros(d, dtype=torch.float64)
    for part in _blocks(data, block):
        variance += (part - mean).square_().sum(0)
    variance /= n
    if kind != "feature":
        variance = variance.mean().expand(d)
    deviation = variance.sqrt()
    # A constant feature has nothing to divide by; it stays 0 after centring.
    deviation = torch.where(deviation > FLOOR * deviation.amax(), deviation, 1.0)
    return Standardizer(mean.float(), deviation.float())


def _whitener(data: Tensor, mean: Tensor, keep: int, block: int) -> Standardizer:
    n, d = data.shape

    def centred() -> Iterator[Tensor]:
        return (part.sub_(mean).div_(n**0.5) for part in _blocks(data, block))

    variances, axes = principal_axes(centred, n, d, keep)
    if not len(variances):  # all items are equal
        variances, axes = torch.ones(1), torch.eye(1, d)
    return Standardizer(mean.float(), variances.sqrt().float(), axes.contiguous().float())


def _blocks(data: Tensor, block: int) -> Iterator[Tensor]:
    for start in range(0, len(data), block):
        yield data[start : start + block].double()
