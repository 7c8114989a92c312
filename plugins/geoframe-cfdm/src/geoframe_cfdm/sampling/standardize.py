"""Putting data on the scale of the noise, and samples back."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import torch
from torch import Tensor

from geoframe import DataError
from geoframe_cfdm.sampling.axes import principal_axes
from geoframe_cfdm.sampling.config import Standardize

FLOOR = 1e-5
"""Smallest scale, relative to the largest, that a feature or an axis is divided by."""
SHORT = (
    *(torch.float32, torch.float16, torch.bfloat16),
    *(torch.uint8, torch.int8, torch.int16),
)
"""Types of items all of whose numbers float32 can hold."""


@attrs.frozen(eq=False)
class Standardizer:
    """An invertible affine map: subtract the mean, then scale, or rotate and scale.

    Sampling starts from N(0, I), so the data should have about that scale. Taking off the mean
    changes nothing (the state is shifted by ``t * mean``), but keeps float32 accurate. Items whose
    numbers float32 would cut short (float64, long integers) are mapped in float64: a table of
    times may differ in its last digits only.
    """

    mean: Tensor
    """``(d,)``; its dtype, float32 or float64, is that of the map."""
    scale: Tensor
    """``(k,)``: what each standardised coordinate was divided by."""
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
        centred = items.to(self.mean) - self.mean
        if self.axes is not None:
            centred = centred @ self.axes.T
        return centred.div_(self.scale).float()

    def inverse(self, points: Tensor) -> Tensor:
        """Standardised ``(n, k)`` -> items ``(n, d)`` in the dtype of the map.

        They are on the kept axes if some were dropped.
        """
        scaled = points.to(self.mean) * self.scale
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

    Raises
    ------
    DataError
        If the items hold nan or inf, or numbers whose squares are too large.
    """
    n, d = data.shape
    precise = torch.float32 if data.dtype in SHORT else torch.float64
    mean = torch.zeros(d, dtype=torch.float64)
    for part in _blocks(data, block):
        mean += part.sum(0)
    mean /= n
    if not bool(mean.isfinite().all()):
        raise DataError("the items hold numbers that are not finite (nan or inf); remove them")
    if kind == "none":
        return Standardizer(mean.to(precise), torch.ones(d, dtype=precise))
    if kind == "whiten":
        deviations, axes = _whitener(data, mean, keep or min(d, n - 1) or 1, block)
        return Standardizer(mean.to(precise), deviations.to(precise), axes.to(precise))
    variance = torch.zeros(d, dtype=torch.float64)
    for part in _blocks(data, block):
        variance += (part - mean).square_().sum(0)
    variance /= n
    if not bool(variance.isfinite().all()):
        raise DataError("the items hold numbers too large to be squared; divide them by some scale")
    if kind != "feature":
        variance = variance.mean().expand(d)
    deviation = variance.sqrt()
    # A constant feature has nothing to divide by; it stays 0 after centring.
    deviation = torch.where(deviation > FLOOR * deviation.amax(), deviation, 1.0)
    return Standardizer(mean.to(precise), deviation.to(precise))


def _whitener(data: Tensor, mean: Tensor, keep: int, block: int) -> tuple[Tensor, Tensor]:
    """Standard deviations ``(k,)`` on principal axes, and these ``(k, d)``."""
    n, d = data.shape

    def centred() -> Iterator[Tensor]:
        return ((part - mean).div_(n**0.5) for part in _blocks(data, block))

    variances, axes = principal_axes(centred, n, d, keep)
    if not len(variances):  # all items are equal
        variances, axes = torch.ones(1), torch.eye(1, d)
    return variances.sqrt(), axes.contiguous()


def _blocks(data: Tensor, block: int) -> Iterator[Tensor]:
    for start in range(0, len(data), block):
        yield data[start : start + block].double()
