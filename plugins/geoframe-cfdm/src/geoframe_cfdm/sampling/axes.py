"""Principal axes of data, whichever of their number and their dimension is smaller."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from geoframe import DataError

MOST = 16_384
"""Rows of the largest eigenvalue problem, whose matrix takes 2 GiB."""
NEGLIGIBLE = 1e-10
"""Variances below this share of the largest are rounding errors."""


def principal_axes(
    blocks: Callable[[], Iterator[Tensor]], n: int, d: int, keep: int
) -> tuple[Tensor, Tensor]:
    """Variances ``(k,)``, descending, and orthonormal axes ``(k, d)``; k is at most ``keep``.

    From the covariance ``(d, d)`` or, if there are fewer rows than coordinates, from the inner
    products ``(n, n)``; the data themselves are read block by block.

    Parameters
    ----------
    blocks
        Yields the ``n`` rows ``(b, d)`` in float64, centred and scaled so that the covariance is
        the sum of their outer products.

    Raises
    ------
    DataError
        If both n and d are too large, or the numbers.
    """
    if min(n, d) > MOST:
        raise DataError(
            f"principal axes of {n} items with {d} values each are too large a problem; use fewer "
            f"than {MOST} of either (data.limit, data.size)"
        )
    if d <= n:
        products = torch.zeros(d, d, dtype=torch.float64)
        for part in blocks():
            products = products.to(part.device).addmm_(part.T, part)
    else:
        products = torch.cat([torch.cat([a @ b.T for b in blocks()], 1) for a in blocks()])
    if not bool(products.isfinite().all()):
        raise DataError("the items hold numbers too large to be squared; divide them by some scale")
    variances, vectors = torch.linalg.eigh(products)
    kept = (variances > NEGLIGIBLE * variances[-1].clamp_min(1e-300)).nonzero().squeeze(1)
    kept = kept.flip(0)[:keep]
    variances, vectors = variances[kept], vectors[:, kept].T
    if d <= n:
        return variances, vectors
    start, axes = 0, vectors.new_zeros(len(kept), d)
    for part in blocks():
        axes.addmm_(vectors[:, start : start + len(part)], part)
        start += len(part)
    return variances, axes / variances.sqrt()[:, None]
