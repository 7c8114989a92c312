"""The exact engine for few long items: everything in the space of inner products.

Every step is affine, so a state is ``z = a z_0 + sum_i k_i x_i`` with one number ``a`` and N
coefficients ``k``. With the Gram matrix ``G = X X^T`` and the products of ``z_0`` and of the
perturbations with the points, all inner products follow without touching a coordinate, and a step
costs ``B N^2`` instead of ``2 B N d``. Coordinates are computed when asked for.
"""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe_cfdm.engines.base import Posterior, Trajectory, start_posterior
from geoframe_cfdm.engines.weights import averaged_weights
from geoframe_cfdm.points import Points


class GramTrajectory(Trajectory):
    """States as coefficients of the points.

    Parameters
    ----------
    points
        Points that are in memory, fewer than they have coordinates.
    gram
        Inner products of the points ``(N, N)``.
    z
        Initial states ``(B, d)``.
    perturbations
        ``(B or 1, M, d)``, sigma included, or None.
    """

    def __init__(
        self, points: Points, gram: Tensor, z: Tensor, perturbations: Tensor | None
    ) -> None:
        assert points.all is not None
        self.points, self.gram, self.initial = points, gram, z
        self.share = 1.0
        self.coefficients = z.new_zeros(len(z), len(points))
        self.products = z @ points.all.T
        self._weights = torch.zeros_like(self.coefficients)
        self.perturb(perturbations)

    def perturb(self, perturbations: Tensor | None) -> None:
        """Take new perturbations."""
        assert self.points.all is not None
        self.perturbed: Tensor | None = None
        if perturbations is not None:
            b, m, d = perturbations.shape
            self.perturbed = (perturbations.reshape(-1, d) @ self.points.all.T).reshape(b, m, -1)

    def posterior(self, t: float, *, tuples: bool = False) -> Posterior:
        """Find the posterior from inner products alone."""
        if t == 0:
            self._weights = self.points.prior.to(self.gram).expand_as(self._weights)
            count = 1 if self.perturbed is None else self.perturbed.shape[1]
            return start_posterior(self.points, self.initial, tuples, count)
        products = self.share * self.products
        products.addmm_(self.coefficients, self.gram)
        found = averaged_weights(
            products,
            self.perturbed,
            self.points.half_norms,
            t,
            self.points.log_weights,
            tuples=tuples,
        )
        self._weights = found.weights
        return Posterior(
            ess=found.ess,
            rows={"gram": len(products)},
            error=0.0,
            reason=f"{len(self.points)} points have {self.points.dim} coordinates each",
            tuples=found.tuples,
            tuple_weights=found.tuple_weights,
        )

    def mean(self) -> Tensor:
        """Means in coordinates."""
        assert self.points.all is not None
        return self._weights @ self.points.all

    def move(self, keep: float, pull: float) -> None:
        """Step the coefficients."""
        self.share *= keep
        self.coefficients.mul_(keep).add_(self._weights, alpha=pull)

    def state(self) -> Tensor:
        """States in coordinates."""
        assert self.points.all is not None
        return torch.addmm(self.initial, self.coefficients, self.points.all, beta=self.share)


def gram_matrix(points: Tensor, block: int = 256) -> Tensor:
    """Inner products ``(N, N)`` of points ``(N, d)``: half of them computed, half mirrored."""
    n = len(points)
    gram = points.new_empty(n, n)
    for start in range(0, n, block):
        stop = min(n, start + block)
        torch.mm(points[start:stop], points[:stop].T, out=gram[start:stop, :stop])
        gram[:start, start:stop] = gram[start:stop, :start].T
    return gram
