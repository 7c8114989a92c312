"""An engine whose posterior mean comes from any function: a Gaussian, a trained network."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from geoframe_cfdm.engines.base import PlainTrajectory, Posterior
from geoframe_cfdm.engines.points import Points

Denoiser = Callable[[Tensor, float], Tensor]
"""States ``(B, d)`` and their time in [0, 1) -> posterior means ``(B, d)``; standardised units."""


class DenoisedTrajectory(PlainTrajectory):
    """Steps towards what a denoiser says; it names no training items, so tuples are -1.

    Parameters
    ----------
    smoothed
        Ask it at the perturbed states and average, as the exact engines do.
    name
        How the engine is called in ``engine_steps``.
    reason
        Why it is used.
    """

    def __init__(
        self,
        points: Points,
        z: Tensor,
        perturbations: Tensor | None,
        denoiser: Denoiser,
        *,
        name: str,
        reason: str,
        smoothed: bool = False,
    ) -> None:
        super().__init__(points, z, perturbations)
        self.denoiser, self.name, self.reason = denoiser, name, reason
        self.smoothed = smoothed

    def posterior(self, t: float, *, tuples: bool = False) -> Posterior:
        """Ask the denoiser."""
        if self.smoothed:
            queries = self.queries()
            flat = self.denoiser(queries.flatten(0, 1), t)
            self._mean = flat.reshape(queries.shape).mean(1)
        else:
            self._mean = self.denoiser(self.z, t)
        none = torch.full((len(self.z), self.count), -1, device=self.z.device)
        return Posterior(
            ess=self.z.new_full((len(self.z),), torch.nan),
            rows={self.name: len(self.z)},
            error=float("nan"),
            reason=self.reason,
            tuples=none if tuples else None,
            tuple_weights=none.new_zeros(none.shape, dtype=torch.float32) if tuples else None,
        )
