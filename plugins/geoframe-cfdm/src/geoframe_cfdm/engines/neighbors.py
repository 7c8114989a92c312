"""The nearest-neighbour engine: the posterior estimated from few points.

An approximation. It is good late, when few points have weight, and wrong early, when all have:
see the limits in the README.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from geoframe_cfdm.engines.base import PlainTrajectory, Posterior, sharpness
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.engines.search import Search
from geoframe_cfdm.sampling.config import NeighborConfig
from geoframe_cfdm.sampling.noise import SampleNoise


class NeighborTrajectory(PlainTrajectory):
    """Estimates each mean from K nearest neighbours and L random others.

    Parameters
    ----------
    points
        The training points.
    search
        Finds neighbours; it searches ``(z + e) / t`` among the points, so one index serves all
        times.
    options
        K, L and the estimator.
    noise
        Draws the random points, each sample with numbers of its own.
    """

    def __init__(
        self,
        points: Points,
        search: Search,
        z: Tensor,
        perturbations: Tensor | None,
        *,
        options: NeighborConfig,
        noise: SampleNoise,
    ) -> None:
        super().__init__(points, z, perturbations)
        self.search, self.options, self.noise = search, options, noise

    def posterior(self, t: float, *, tuples: bool = False) -> Posterior:
        """Estimate the posterior of every perturbed state from its neighbours."""
        if t == 0:
            return self.at_start(tuples)
        queries = self.queries()
        b, m, d = queries.shape
        flat = queries.reshape(-1, d)
        near = self.search.nearest(flat / t, min(self.options.nearest, len(self.points)))
        if self.options.estimator == "k+l":
            index, logits = self._nearest_and_random(near, flat, t)
        else:
            index, logits = self._self_normalised(near, flat, t)
        weights = torch.softmax(logits, -1)
        members = self.points.rows(index.clamp_min(0))
        self._mean = torch.bmm(weights[:, None], members).reshape(b, m, d).mean(1)
        heaviest = weights.max(1)
        return Posterior(
            ess=(1 / weights.square().sum(1)).reshape(b, m).mean(1),
            rows={"neighbors": b},
            error=math.nan,
            reason=f"asked for: {index.shape[1]} of {len(self.points)} points a query",
            tuples=index.gather(1, heaviest.indices[:, None]).reshape(b, m) if tuples else None,
            tuple_weights=heaviest.values.reshape(b, m) if tuples else None,
        )

    def _logits(self, flat: Tensor, index: Tensor, t: float) -> Tensor:
        missing, index = index < 0, index.clamp_min(0)
        members = self.points.rows(index)
        products = torch.bmm(members, flat[:, :, None]).squeeze(-1)
        logits = sharpness(t) * (products - t * self.points.half_norms[index])
        if self.points.log_weights is not None:
            logits = logits + self.points.log_weights[index]
        return logits.masked_fill(missing, -torch.inf)

    def _nearest_and_random(self, near: Tensor, flat: Tensor, t: float) -> tuple[Tensor, Tensor]:
        """The paper's estimator: L uniform points of the other N - K stand for all of these."""
        n, k = len(self.points), near.shape[1]
        many = min(self.options.random, n - k)
        if many == 0:
            return near, self._logits(flat, near, t)
        others = self._others(near, many)
        index = torch.cat([near, others], 1)
        logits = self._logits(flat, index, t)
        logits[:, k:] += ((n - (near >= 0).sum(1, keepdim=True)) / many).log()
        return index, logits

    def _self_normalised(self, near: Tensor, flat: Tensor, t: float) -> tuple[Tensor, Tensor]:
        """Self-normalised importance sampling with L draws (Niedoba et al. 2024, arXiv 2402.08018).

        The proposal gives every neighbour its posterior weight and every other point that of the
        lightest neighbour. A draw counts posterior / proposal: the same for all neighbours.
        """
        n, k = len(self.points), near.shape[1]
        many = min(self.options.random, n - k)
        known = self._logits(flat, near, t)
        if many == 0:
            return near, known
        found = near >= 0
        lightest = known.masked_fill(~found, torch.inf).amin(1, keepdim=True)
        rest = lightest + (n - found.sum(1, keepdim=True)).log()
        proposal = torch.softmax(torch.cat([known, rest], 1), 1)
        uniforms = self.noise.uniforms(len(near) // len(self.z), many)
        drawn = torch.searchsorted(proposal.double().cpu().cumsum(1), uniforms).clamp_max(k)
        counts = torch.zeros(len(near), k + 1).scatter_add_(1, drawn, torch.ones(drawn.shape))
        counts = counts.to(near.device)
        others = self._others(near, many)
        ratio = self._logits(flat, others, t) - lightest
        unused = torch.arange(many, device=near.device) >= counts[:, k:]
        return (
            torch.cat([near, others], 1),
            torch.cat([counts[:, :k].log(), ratio.masked_fill(unused, -torch.inf)], 1),
        )

    def _others(self, near: Tensor, many: int) -> Tensor:
        """Distinct random points ``(rows, many)`` that are not among the neighbours."""
        each = len(near) // len(self.z)

        def integers(count: int) -> Tensor:
            return (self.noise.uniforms(each, count) * len(self.points)).long()

        return draw_others(near.cpu(), len(self.points), many, integers).to(near.device)


def draw_others(near: Tensor, n: int, many: int, integers: Callable[[int], Tensor]) -> Tensor:
    """Draw ``many`` distinct indices below ``n`` per row, none of them in ``near`` ``(rows, K)``.

    More than needed are drawn and what repeats is dropped, so nothing of size n is built as long
    as n is large.

    Parameters
    ----------
    integers
        Count -> uniform indices ``(rows, count)``.
    """
    k = near.shape[1]
    drawn = near
    while True:
        drawn = torch.cat([drawn, integers(many + k // 2 + 8)], 1)
        order = drawn.sort(dim=1, stable=True)
        repeated = torch.zeros_like(drawn, dtype=torch.bool)
        repeated[:, 1:] = order.values[:, 1:] == order.values[:, :-1]
        fresh = ~torch.zeros_like(repeated).scatter_(1, order.indices, repeated)
        fresh[:, :k] = False
        if bool((fresh.sum(1) >= many).all()):
            place = fresh.int().argsort(dim=1, descending=True, stable=True)[:, :many]
            return drawn.gather(1, place)
