"""The discrete graph module: points from features, and edges drawn between near points."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor, nn

from geoframe import Embedder, Geometry
from geoframe_lgi.latent.edges import Edges
from geoframe_lgi.latent.sample import Sample
from geoframe_lgi.sampling.race import Race
from geoframe_lgi.sampling.temperature import calibrated

SMALLEST_SPREAD = 1e-6
LOG_FACTOR_RANGE = 5.0
"""The temperature stays within e^5 times its start, either way."""


@attrs.frozen(kw_only=True, eq=False)
class Standardisation:
    """Mean and spread of raw coordinates over the nodes that a module was trained on."""

    mean: Tensor
    spread: Tensor

    @classmethod
    def of(cls, raw: Tensor) -> Standardisation:
        """Take them from raw coordinates ``(n, d)``; gradients flow through both."""
        mean = raw.mean(dim=0)
        spread = (raw - mean).square().mean(dim=0).clamp_min(SMALLEST_SPREAD**2).sqrt()
        return cls(mean=mean, spread=spread)

    def __call__(self, raw: Tensor) -> Tensor:
        """Raw coordinates with zero mean and unit variance over those nodes."""
        return (raw - self.mean) / self.spread


class DiscreteGraphModule(nn.Module):
    """Latent points x_i = project(standardise(f(h_i))) and a graph with k in-edges per node.

    The edge j -> i is drawn with probability p_ij ~ exp(-tau D(x_i, x_j)), without replacement
    (Kazi et al., Differentiable Graph Module, TPAMI 2022), D being the distance of any geometry
    or its square.

    Parameters
    ----------
    encoder
        f, from inputs ``(n, in_features)`` to raw coordinates ``(n, geometry.dim)``.
    geometry
        Where the latent points live; its parameters are trained by the graph loss.
    race
        How edges are drawn.
    start
        Linear map ``(in_features, dim)`` that f starts from (principal axes, say): f(h) is then
        h @ start plus the encoder's output times a trained factor that is 0 at first.
    """

    first_temperature: Tensor

    def __init__(
        self, encoder: Embedder, geometry: Geometry, race: Race, *, start: Tensor | None = None
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.geometry = geometry
        self.race = race
        # Relative to the start, so that weight decay does not pull the temperature to 1.
        self.register_buffer("first_temperature", torch.ones(()))
        self.log_factor = nn.Parameter(torch.zeros(()))
        self.start = None if start is None else nn.Parameter(start.clone())
        self.share = nn.Parameter(torch.zeros(())) if start is not None else None

    @property
    def temperature(self) -> Tensor:
        """tau, positive."""
        limit = LOG_FACTOR_RANGE
        return self.first_temperature * self.log_factor.clamp(-limit, limit).exp()

    def raw(self, inputs: Tensor) -> Tensor:
        """f of inputs ``(n, in_features)`` -> ``(n, dim)``."""
        encoded: Tensor = self.encoder(inputs)
        if self.start is None or self.share is None:
            return encoded
        return inputs @ self.start + self.share * encoded

    def points(self, inputs: Tensor) -> Tensor:
        """Latent points ``(n, point_dim)`` of training rows."""
        raw = self.raw(inputs)
        return self.geometry.project(Standardisation.of(raw)(raw))

    def calibrate(self, inputs: Tensor, generator: torch.Generator) -> None:
        """Set tau to where about 3 k candidates are in play per node; do it once, at the start."""
        with torch.no_grad():
            tau = calibrated(self.race, self.geometry, self.points(inputs), generator)
            self.first_temperature.fill_(tau)

    def forward(
        self,
        inputs: Tensor,
        generator: torch.Generator,
        *,
        rows: int | None = None,
        seeds: Sequence[int] = (),
    ) -> Sample:
        """Draw a graph among the nodes with these inputs ``(n, in_features)``.

        Parameters
        ----------
        rows
            Number of training rows, which come first; the others draw their sources among them.
        seeds
            Seed of the noise of each other row, so that its edges do not depend on its company.
        """
        n = len(inputs) if rows is None else rows
        raw = self.raw(inputs)
        points = self.geometry.project(Standardisation.of(raw[:n])(raw))
        fixed = points.detach()
        old = fixed[:n]
        neighbors = self.race.draw(self.geometry, old, old, self.temperature, generator)
        new = [
            self.race.draw(
                self.geometry,
                fixed[n + row : n + row + 1],
                old,
                self.temperature,
                torch.Generator().manual_seed(seed),
                same=False,
            )
            for row, seed in enumerate(seeds)
        ]
        return Sample(
            edges=Edges.regular(torch.cat([neighbors, *new])),
            points=points,
            log_p=self.log_probability(points[:n], points[:n], neighbors),
            new=torch.cat(new) if new else None,
        )

    def log_probability(self, targets: Tensor, sources: Tensor, neighbors: Tensor) -> Tensor:
        """-tau D of edges ``(n, k)`` from sources to targets, with gradient."""
        distances = self.geometry.distance(targets.unsqueeze(1), sources[neighbors])
        return -self.temperature * self.race.cost(distances)
