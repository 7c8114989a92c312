"""An engine whose posterior mean comes from any function: a Gaussian, a trained network."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from geoframe_cfdm.engines.base import PlainTrajectory, Posterior
from geoframe_cfdm.points import Points

Denoiser = Callable[[Tensor, float], Tensor]
"""States ``(B, d)`` and their time in [0, 1) -> posterior means ``(B, d)``; standardised units."""


class DenoisedTrajectory(PlainTrajectory):
    """Steps towards what a denoiser says; it names no training items, so tuples are -1.

    Parameters
    ----------
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
        super().__init__(points, z)
        self.denoiser, self.name, self.reason = denoiser, name, reason
        self.smoothed = smoothed
        self.perturb(perturbations)

    def perturb(self, perturbations: Tensor | None) -> None:
        """Take new perturbations; used if the denoiser is to be smoothed."""
        self.perturbations = perturbations

    def posterior(self, t: float, *, tuples: bool = False) -> Posterior:
        """Ask the denoiser."""
        if self.smoothed and self.perturbations is not None:
            queries = self.z[:, None] + self.perturbations
            flat = self.denoiser(queries.flatten(0, 1), t)
            self._mean = flat.reshape(queries.shape).mean(1)
        else:
            self._mean = self.denoiser(self.z, t)
        count = 1 if self.perturbations is None else self.perturbations.shape[1]
        none = torch.full((len(self.z), count), -1, device=self.z.device)
        return Posterior(
            ess=self.z.new_full((len(self.z),), torch.nan),
            rows={self.name: len(self.z)},
            error=float("nan"),
            reason=self.reason,
            tuples=none if tuples else None,
            tuple_weights=none.new_zeros(none.shape, dtype=torch.float32) if tuples else None,
        )
