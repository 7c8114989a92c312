"""The training points as the engines see them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property

import torch
from torch import Tensor

from geoframe_cfdm.sampling.standardize import Standardizer


class Points:
    """Standardised training points ``(N, d)`` with half their squared norms.

    Parameters
    ----------
    data
        Raw items ``(N, D)``: any dtype; a tensor over a memory-mapped file is never read whole.
    standardizer
        From raw items to points.
    resident
        Keep the standardised points in memory; otherwise they are made block by block.
    log_weights
        ``(N,)`` logarithms of prior weights, up to a constant; None for equal ones. Conditioning
        is nothing but such weights.
    device
        Where the points are computed with.
    """

    def __init__(
        self,
        data: Tensor,
        standardizer: Standardizer,
        *,
        resident: bool = True,
        log_weights: Tensor | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.device = device or torch.device("cpu")
        self.standardizer = standardizer.to(self.device)
        self.raw = data
        self._resident: Tensor | None = None
        if resident:
            self._resident = torch.cat([part for _, part in self.blocks(8192)])
        self.log_weights = None if log_weights is None else log_weights.float().to(self.device)

    def __len__(self) -> int:
        return len(self.raw)

    @property
    def dim(self) -> int:
        """Number of coordinates of a point."""
        return self.standardizer.dim

    @property
    def all(self) -> Tensor | None:
        """All points ``(N, d)`` if they are in memory."""
        return self._resident

    def blocks(self, size: int) -> Iterator[tuple[int, Tensor]]:
        """Yield (start, points) blocks of at most ``size`` rows."""
        for start in range(0, len(self), size):
            yield start, self.slice(start, start + size)

    def slice(self, start: int, stop: int) -> Tensor:
        """Points ``start`` ... ``stop - 1``."""
        if self._resident is not None:
            return self._resident[start:stop]
        return self.standardizer.forward(self.raw[start:stop])

    def rows(self, index: Tensor) -> Tensor:
        """Points ``(..., d)`` at indices ``(...)``."""
        if self._resident is not None:
            # embedding() gathers rows several times faster than indexing does.
            return torch.nn.functional.embedding(index, self._resident)
        flat = index.reshape(-1).to(self.raw.device)
        return self.standardizer.forward(self.raw[flat]).reshape(*index.shape, -1)

    @cached_property
    def half_norms(self) -> Tensor:
        """``(N,)`` half squared norms, summed in float64."""
        parts = [part.double().square().sum(1) / 2 for _, part in self.blocks(8192)]
        return torch.cat(parts).float()

    @cached_property
    def radius(self) -> float:
        """Largest norm of a point."""
        return math.sqrt(2 * float(self.half_norms.max()))

    @cached_property
    def diameter(self) -> float:
        """Upper bound of the distance of two points."""
        return 2 * self.radius

    @cached_property
    def low_precision(self) -> Tensor | None:
        """All points in bf16 ``(N, d)``, if they are in memory."""
        return None if self._resident is None else self._resident.bfloat16()

    @cached_property
    def prior(self) -> Tensor:
        """``(N,)`` float64 prior probabilities."""
        if self.log_weights is None:
            return torch.full((len(self),), 1 / len(self), dtype=torch.float64)
        return torch.softmax(self.log_weights.double(), 0).cpu()

    @cached_property
    def mean(self) -> Tensor:
        """Prior mean ``(d,)``: the posterior mean at time 0."""
        total = torch.zeros(self.dim, dtype=torch.float64, device=self.device)
        prior = self.prior.to(self.device)
        for start, part in self.blocks(8192):
            total += prior[start : start + len(part)] @ part.double()
        return total.float()
