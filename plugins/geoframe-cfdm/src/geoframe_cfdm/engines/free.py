"""The posterior mean as a function, for solvers other than our own."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe import DataError
from geoframe.training.denormals import flushed_denormals
from geoframe_cfdm.engines.base import PlainTrajectory
from geoframe_cfdm.engines.choice import EngineFactory
from geoframe_cfdm.sampling.noise import SampleNoise


class ScoreFunction:
    """Means at states that somebody else moves.

    Tables and windows are kept between calls: a window's certificate holds for any state, and one
    that does not suffice is replaced.
    """

    def __init__(self, engines: EngineFactory, noise: SampleNoise, n: int) -> None:
        points = engines.points
        drawn = noise.perturbations()
        z = torch.zeros(n, points.dim, device=points.device)
        started = engines.start(
            z, None if drawn is None else drawn.to(points.device), noise, 0.0, free=True
        )
        assert isinstance(started, PlainTrajectory)
        self.trajectory = started
        self._last = 0.0

    @torch.inference_mode()
    def __call__(self, z: Tensor, t: float) -> Tensor:
        """Return the means ``(n, d)`` at states ``(n, d)`` (standardised) at time t in [0, 1).

        Raises
        ------
        DataError
            If there are other than n states: each has perturbations of its own.
        """
        if z.shape != self.trajectory.z.shape:
            raise DataError(
                f"states must be {tuple(self.trajectory.z.shape)}, as many as were announced, not "
                f"{tuple(z.shape)}"
            )
        with flushed_denormals():
            if t < self._last:  # windows look ahead only
                self.trajectory.perturb(getattr(self.trajectory, "perturbations", None))
            self._last = t
            self.trajectory.z = z.to(self.trajectory.z).clone()
            self.trajectory.posterior(t)
            return self.trajectory.mean().clone()

    def velocity(self, z: Tensor, t: float) -> Tensor:
        """Return dz/dt = (D - z) / (1 - t) ``(n, d)``: the flow from noise to data."""
        return (self(z, t) - z) / (1 - t)

    def score(self, z: Tensor, t: float) -> Tensor:
        """Return the (smoothed) score (t D - z) / (1 - t)^2 ``(n, d)``.

        Without smoothing it is the gradient of the log-density of the noised data.
        """
        return (t * self(z, t) - z) / (1 - t) ** 2
