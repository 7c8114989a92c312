"""The Gaussian (Wiener) approximation: the posterior mean if the data were one Gaussian."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from torch import Tensor

from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.sampling.axes import principal_axes


@attrs.frozen(eq=False)
class Gaussian:
    """Mean and principal axes of the points."""

    mean: Tensor
    """``(d,)``."""
    axes: Tensor
    """``(k, d)`` orthonormal rows."""
    variances: Tensor
    """``(k,)``."""

    def posterior_mean(self, z: Tensor, t: float) -> Tensor:
        """Return ``mean + U diag(t v / (t^2 v + (1 - t)^2)) U^T (z - t mean)`` for ``(n, d)``."""
        gain = t * self.variances / (t**2 * self.variances + (1 - t) ** 2)
        return self.mean + ((z - t * self.mean) @ self.axes.T * gain) @ self.axes


def fit_gaussian(points: Points, most: int = 2048) -> Gaussian:
    """Mean and covariance of the points, the latter on at most ``most`` axes."""
    mean = points.mean.double()
    prior = points.prior.to(points.device)

    def centred() -> Iterator[Tensor]:
        for start, part in points.blocks(8192):
            yield (part.double() - mean) * prior[start : start + len(part), None].sqrt()

    variances, axes = principal_axes(centred, len(points), points.dim, most)
    return Gaussian(mean.float(), axes.float().contiguous(), variances.float())
