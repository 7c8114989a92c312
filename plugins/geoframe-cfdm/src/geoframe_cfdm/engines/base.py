"""What an engine does: carry a batch of samples from noise to data.

Notation, as in the paper: ``t`` in [0, 1] is time, 0 noise and 1 data; ``z`` a state; ``x_i`` the
N points; ``e_m`` the M perturbations, sigma included. The posterior mean is

    D(z, t) = 1/M sum_m sum_i w_mi x_i,   w_m = softmax_i(c (<z + e_m, x_i> - t |x_i|^2 / 2)),

with ``c = t / (1 - t)^2``, and the flow is dz/dt = (D(z, t) - z) / (1 - t).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import attrs
import torch
from torch import Tensor

from geoframe_cfdm.engines.points import Points


def sharpness(t: float) -> float:
    """Return c = t / (1 - t)^2, the factor of the scores in the softmax."""
    return t / (1 - t) ** 2


@attrs.frozen(kw_only=True, eq=False)
class Posterior:
    """The posterior at the current states of a batch."""

    ess: Tensor
    """Effective sample size ``(B,)`` of the averaged weights: one over the sum of squares."""
    rows: Mapping[str, int]
    """Engine -> number of samples it served."""
    error: float
    """Largest relative error of a mean: a bound or, for approximations, what is known; nan if
    nothing is."""
    reason: str
    """Why the engine was chosen."""
    tuples: Tensor | None = None
    """If asked for: ``(B, M)`` index of the heaviest point of each perturbation, -1 for none."""
    tuple_weights: Tensor | None = None
    """Their weights ``(B, M)``; all 1 if the mean is the plain mean of the tuple."""


class Trajectory(ABC):
    """A batch of samples on its way; holds the states and what can be kept between steps."""

    @abstractmethod
    def posterior(self, t: float, *, tuples: bool = False) -> Posterior:
        """Find the posterior at the current states."""

    @abstractmethod
    def mean(self) -> Tensor:
        """Means ``(B, d)`` of the posterior found last."""

    @abstractmethod
    def move(self, keep: float, pull: float) -> None:
        """Replace the states by ``keep * state + pull * mean``."""

    @abstractmethod
    def state(self) -> Tensor:
        """Current states ``(B, d)``."""

    @abstractmethod
    def perturb(self, perturbations: Tensor | None) -> None:
        """Take new perturbations ``(B or 1, M, d)``, sigma included."""


class PlainTrajectory(Trajectory):
    """A trajectory whose states are coordinates.

    Parameters
    ----------
    points
        The training points.
    z
        Initial states ``(B, d)``; taken over.
    perturbations
        ``(B or 1, M, d)``, sigma included, or None.
    """

    perturbations: Tensor | None

    def __init__(self, points: Points, z: Tensor, perturbations: Tensor | None) -> None:
        self.points = points
        self.z = z
        self._mean = torch.empty_like(z)
        self.perturb(perturbations)

    def perturb(self, perturbations: Tensor | None) -> None:
        """Take new perturbations."""
        self.perturbations = perturbations

    @property
    def count(self) -> int:
        """Number M of perturbations of a state; 1 if there are none."""
        return 1 if self.perturbations is None else self.perturbations.shape[1]

    def queries(self) -> Tensor:
        """Perturbed states ``(B, M, d)``."""
        states = self.z[:, None]
        return states if self.perturbations is None else states + self.perturbations

    def mean(self) -> Tensor:
        """Means of the posterior found last."""
        return self._mean

    def move(self, keep: float, pull: float) -> None:
        """Step in place."""
        self.z.mul_(keep).add_(self._mean, alpha=pull)

    def state(self) -> Tensor:
        """Current states."""
        return self.z

    def at_start(self, tuples: bool) -> Posterior:
        """At time 0 the state says nothing: the mean is the mean of the data."""
        self._mean = self.points.mean.expand_as(self.z).clone()
        return start_posterior(self.points, self.z, tuples, self.count)


def start_posterior(points: Points, z: Tensor, tuples: bool, perturbations: int) -> Posterior:
    """Return the posterior of states ``z`` ``(B, d)`` at time 0, which is the prior."""
    ess = 1 / float(points.prior.square().sum())
    weights = points.prior.max().float().expand(len(z), perturbations)
    heaviest = points.prior.argmax().expand(len(z), perturbations)
    return Posterior(
        ess=torch.full((len(z),), ess, device=z.device),
        rows={"mean": len(z)},
        error=0.0,
        reason="at t = 0 every point has its prior weight",
        tuples=heaviest.to(z.device) if tuples else None,
        tuple_weights=weights.to(z.device) if tuples else None,
    )
