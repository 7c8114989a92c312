"""k in-edges per node, drawn without replacement by an exponential race over blocks of rows.

Node i draws its sources j from the categorical distribution p_ij ~ exp(-tau D_ij). With
E_ij ~ Exponential(1), independent, the k smallest of

    log E_ij + tau D_ij

are k draws without replacement (Gumbel top-k, as -log E is a Gumbel variable). No n x n tensor is
ever kept, and none takes part in autograd: the caller evaluates the n k chosen pairs again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import attrs
import torch
from torch import Tensor

from geoframe import DataError, Geometry, capability
from geoframe_snowflake.radial import KNOTS, Radial, Tabulated

Noise = Literal["race", "reversed", "none"]
"""``race`` samples exactly; ``reversed`` has the wrong sign of the published dense module, kept to
reproduce its numbers; ``none`` takes the nearest."""

BLOCK_ROWS = 64
"""Rows whose candidates are looked at together: small enough for the cache of a processor."""
NOISE_ROWS = 8
"""Rows whose noise is drawn by one call, so that blocks of any multiple of it see equal noise."""


@attrs.frozen(kw_only=True)
class Race:
    """How the edges of a graph are drawn.

    Parameters
    ----------
    k
        In-edges per node.
    noise
        See :data:`Noise`.
    self_edges
        Whether a node may be its own source. It is then its likeliest one.
    power
        D is the distance to this power; the sign of a negative distance is kept.
    block_rows
        Rows compared at once, a multiple of :data:`NOISE_ROWS`. The graph does not depend on it.
    """

    k: int = 5
    noise: Noise = "race"
    self_edges: bool = False
    power: Literal[1, 2] = 2
    block_rows: int = attrs.field(default=BLOCK_ROWS)

    @block_rows.validator
    def _check_rows(self, _: object, value: int) -> None:
        if value < NOISE_ROWS or value % NOISE_ROWS:
            raise ValueError(f"block_rows must be a multiple of {NOISE_ROWS}, got {value}")

    def cost(self, distances: Tensor) -> Tensor:
        """D of distances: d for power 1, d |d| for power 2."""
        return distances if self.power == 1 else distances * distances.abs()

    @torch.no_grad()
    def draw(
        self,
        geometry: Geometry,
        targets: Tensor,
        sources: Tensor,
        temperature: Tensor | float,
        generator: torch.Generator,
        *,
        same: bool = True,
    ) -> Tensor:
        """Draw the sources of every target -> row numbers ``(n, k)``, the winners first.

        Parameters
        ----------
        targets, sources
            Points ``(n, point_dim)`` and ``(m, point_dim)`` of the geometry. An asymmetric
            distance is taken from target to source.
        temperature
            tau, positive: the larger, the nearer the sources.
        generator
            Where the noise comes from; the same state gives the same graph.
        same
            Whether targets and sources are the same nodes, so that i is itself in row i.

        Raises
        ------
        DataError
            If there are fewer than k candidates.
        """
        candidates = len(sources) - (same and not self.self_edges)
        if candidates < self.k:
            raise DataError(
                f"{self.k} in-edges per node were asked for, and there are only {candidates} "
                "candidates; lower graph.k"
            )
        keys = self._keys(geometry, targets, sources, temperature, generator)
        blocks = [self._winners(key, start, same) for start, key in keys]
        return torch.cat(blocks) if blocks else targets.new_empty((0, self.k), dtype=torch.int64)

    def _keys(
        self,
        geometry: Geometry,
        targets: Tensor,
        sources: Tensor,
        temperature: Tensor | float,
        generator: torch.Generator,
    ) -> Iterator[tuple[int, Tensor]]:
        """Finishing times (logarithms) of all candidates, block by block of targets."""
        noise = targets.new_empty((min(self.block_rows, len(targets)), len(sources)))
        distances = candidate_distances(geometry, targets, sources)
        start = 0
        for rows in targets.split(self.block_rows):
            key = self.cost(distances(rows)).mul_(temperature)
            if self.noise != "none":
                key = self._with_noise(key, noise[: len(rows)], generator)
            yield start, key
            start += len(rows)

    def _with_noise(self, key: Tensor, buffer: Tensor, generator: torch.Generator) -> Tensor:
        for tile in buffer.split(NOISE_ROWS):
            tile.uniform_(generator=generator)
        # -log u is Exponential(1); u = 0 gives a runner that never arrives.
        log_time = buffer.log_().neg_().log_()
        return key.add_(log_time) if self.noise == "race" else key.sub_(log_time)

    def _winners(self, key: Tensor, start: int, same: bool) -> Tensor:
        if same and not self.self_edges:
            key.diagonal(offset=start).fill_(torch.inf)
        return key.topk(self.k, dim=1, largest=False).indices


def candidate_distances(
    geometry: Geometry, targets: Tensor, sources: Tensor
) -> Callable[[Tensor], Tensor]:
    """Return a function from rows of targets ``(r, point_dim)`` to distances ``(r, m)``.

    A distance that is a function of the Euclidean one, such as a neural snowflake, is read from a
    table of that function: a network is evaluated at some thousand knots in place of n^2 pairs.
    The chosen pairs are evaluated exactly afterwards.
    """
    radial = capability(geometry, Radial)
    if radial is None or len(targets) * len(sources) <= KNOTS:
        return lambda rows: geometry.pairwise(rows, sources)
    centre = sources.mean(dim=0)
    reach = sum(float((each - centre).norm(dim=1).max()) for each in (targets, sources))
    table = Tabulated(radial, reach or 1.0)
    return lambda rows: table(torch.cdist(rows, sources))
