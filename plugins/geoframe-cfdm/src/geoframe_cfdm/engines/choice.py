"""Which engine carries a batch."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import attrs
from torch import Tensor

from geoframe import ConfigError
from geoframe_cfdm.engines.base import Trajectory
from geoframe_cfdm.engines.denoised import DenoisedTrajectory, Denoiser
from geoframe_cfdm.engines.dense import TabledTrajectory
from geoframe_cfdm.engines.gaussian import Gaussian, fit_gaussian
from geoframe_cfdm.engines.gram import GramTrajectory, gram_matrix
from geoframe_cfdm.engines.lowprecision import LowPrecision, bf16_is_fast
from geoframe_cfdm.engines.neighbors import NeighborTrajectory
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.engines.search import Search, make_search
from geoframe_cfdm.engines.streamed import StreamedTrajectory
from geoframe_cfdm.sampling.config import ClosedFormConfig
from geoframe_cfdm.sampling.noise import SampleNoise

MIB = 2**20
LOW_PRECISION_FROM = 64
"""Coordinates from which a product takes longer than reading its result."""

WINDOWS_FROM = 4096
"""Points from which windows cost less than products with all points."""


@attrs.frozen
class DenoiserSwitch:
    """A denoiser that takes over late."""

    denoiser: Denoiser
    since: float
    """Time from which it denoises."""
    name: str


class EngineFactory:
    """Builds trajectories over one set of points; what they share is built when first needed.

    Parameters
    ----------
    points
        The training points.
    options
        The sampler's options.
    finisher
        A denoiser that takes over late, or None.
    """

    def __init__(
        self, points: Points, options: ClosedFormConfig, finisher: DenoiserSwitch | None = None
    ) -> None:
        self.points, self.options, self.finisher = points, options, finisher

    def start(
        self,
        z: Tensor,
        perturbations: Tensor | None,
        noise: SampleNoise,
        t: float,
        *,
        free: bool = False,
    ) -> Trajectory:
        """Start a trajectory at states ``z`` ``(B, d)`` at time ``t``; ``z`` is taken over.

        Parameters
        ----------
        free
            The states will be set from outside, so they must be coordinates (no Gram space).
        """
        engine, points = self.options.engine, self.points
        if self.finisher is not None and t >= self.finisher.since:
            return DenoisedTrajectory(
                points,
                z,
                perturbations,
                self.finisher.denoiser,
                name=self.finisher.name,
                reason=f"takes over at t = {self.finisher.since:g}",
            )
        if engine == "gaussian" or t < self.options.gaussian_until:
            early = engine != "gaussian"
            return DenoisedTrajectory(
                points,
                z,
                perturbations,
                self.gaussian.posterior_mean,
                name="gaussian",
                reason="before gaussian_until" if early else "asked for",
                smoothed=True,
            )
        if engine == "neighbors":
            return NeighborTrajectory(
                points,
                self.search,
                z,
                perturbations,
                options=self.options.neighbors,
                noise=noise,
            )
        if engine == "gram":
            self._require_gram()
        if not free and (engine == "gram" or (engine == "auto" and self._gram_pays())):
            return GramTrajectory(points, self.gram, z, perturbations)
        count = 1 if perturbations is None else perturbations.shape[1]
        if points.all is None or not self._tables_fit(len(z), count):
            return StreamedTrajectory(points, z, perturbations, block=self._block(len(z), count))
        return TabledTrajectory(
            points,
            z,
            perturbations,
            tolerance=self.options.tolerance,
            windows=self._windows(),
            low_precision=self.low_precision,
        )

    def _windows(self) -> Literal["auto", "never", "always"]:
        if self.options.engine == "window":
            return "always"
        # Fresh perturbations end a window after one step; few points are scanned at once.
        pays = self.options.noise != "fresh" and len(self.points) >= WINDOWS_FROM
        return "auto" if self.options.engine == "auto" and pays else "never"

    def changes(self, before: float, t: float) -> bool:
        """Whether another engine takes over between two times."""
        ends = [] if self.options.engine == "gaussian" else [self.options.gaussian_until]
        if self.finisher is not None:
            ends.append(self.finisher.since)
        return any(before < end <= t for end in ends)

    @cached_property
    def gram(self) -> Tensor:
        """Inner products of the points."""
        return gram_matrix(self.points)

    @cached_property
    def gaussian(self) -> Gaussian:
        """The points as one Gaussian."""
        return fit_gaussian(self.points)

    @cached_property
    def search(self) -> Search:
        """The nearest-neighbour index."""
        return make_search(self.points, self.options.neighbors.index, self.options.neighbors.probes)

    @cached_property
    def low_precision(self) -> LowPrecision | None:
        """The points in bf16, if that is wanted, fast and fits."""
        points, precision = self.points, self.options.precision
        wanted = precision == "bf16" or (
            precision == "auto"
            and points.dim >= LOW_PRECISION_FROM
            and 2 * len(points) * points.dim <= self.options.memory * MIB / 2
            and bf16_is_fast(points.device)
        )
        return LowPrecision(points) if wanted and points.all is not None else None

    def _gram_pays(self) -> bool:
        n = len(self.points)
        small = 4 * n * n <= self.options.memory * MIB / 2
        return self.points.all is not None and n < self.points.dim and small

    def _require_gram(self) -> None:
        n, budget = len(self.points), self.options.memory * MIB
        needed = 4 * n * max(n, self.points.dim)
        if needed > budget:
            raise ConfigError(
                [
                    f"sampler.engine: gram keeps {n} points and their inner products in memory, "
                    f"which takes {needed / MIB:.0f} MiB; raise sampler.memory or use auto"
                ]
            )

    def _tables_fit(self, batch: int, count: int) -> bool:
        # Products with the states, with the perturbations, and weights.
        return 4 * batch * (count + 3) * len(self.points) <= self.options.memory * MIB

    def _block(self, batch: int, count: int) -> int:
        """Points to read at a time: they, a copy and their logits take an eighth of the budget."""
        row = 4 * (3 * self.points.dim + 3 * batch * count)
        return max(256, min(65536, int(self.options.memory * MIB / 8 / row)))
