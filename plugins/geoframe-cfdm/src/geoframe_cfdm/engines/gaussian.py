"""The Gaussian (Wiener) approximation: the posterior mean if the data were one Gaussian."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from geoframe_cfdm.points import Points


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
    """Mean and covariance of the points, or of the span of at most ``most`` axes."""
    n, d = len(points), points.dim
    mean = points.mean.double()
    prior = points.prior.to(points.device)
    if d <= n or n > most:
        covariance = torch.zeros(d, d, dtype=torch.float64, device=points.device)
        for start, part in points.blocks(8192):
            centred = (part.double() - mean) * prior[start : start + len(part), None].sqrt()
            covariance.addmm_(centred.T, centred)
        variances, axes = torch.linalg.eigh(covariance)
        variances, axes = variances.flip(0), axes.flip(1).T
    else:
        centred = (points.slice(0, n).double() - mean) * prior[:, None].sqrt()
        _, singular, axes = torch.linalg.svd(centred, full_matrices=False)
        variances = singular**2
    kept = variances > 1e-9 * variances[0]
    kept[most:] = False
    return Gaussian(mean.float(), axes[kept].float().contiguous(), variances[kept].float())
