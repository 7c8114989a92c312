"""The exact engine for few long items: everything in the space of inner products.

Every step is affine, so a state is ``z = a z_0 + sum_i k_i x_i`` with one number ``a`` and N
coefficients ``k``. With the Gram matrix ``G = X X^T`` and the products of ``z_0`` and of the
perturbations with the points, all inner products follow without touching a coordinate, and a step
costs ``B N^2`` instead of ``2 B N d``. Coordinates are computed when asked for.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from geoframe_cfdm.engines.base import Posterior, Trajectory, start_posterior
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.engines.weights import averaged_weights


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


def gram_matrix(points: Points) -> Tensor:
    """Inner products ``(N, N)`` of points in memory.

    Items of eight bits that were only shifted and scaled are multiplied as whole numbers: exactly,
    and several times faster. The shift is then taken off in float64.
    """
    assert points.all is not None
    raw, standardizer = points.raw, points.standardizer
    scale = standardizer.one_scale
    if raw.dtype != torch.uint8 or scale is None or not _whole_products_are_fast(points.device):
        return symmetric_products(points.all, torch.mm)
    # With u - 128 = v, mean - 128 = w and points x = (v - w) / scale:
    # x_i x_j = (v_i v_j - scale (x_i w + x_j w) - w w) / scale^2.
    v, w = (raw ^ 128).view(torch.int8), standardizer.mean - 128
    shift = scale * (points.all @ w).double()
    gram = symmetric_products(v, _whole_products).double()
    gram -= shift[:, None] + shift + w.double().square().sum()
    return (gram / scale**2).float()


def symmetric_products(
    rows: Tensor, multiply: Callable[[Tensor, Tensor], Tensor], block: int = 256
) -> Tensor:
    """Products ``(n, n)`` of rows ``(n, d)``: half of them computed, half mirrored."""
    strips = []
    for start in range(0, len(rows), block):
        stop = start + block
        strips.append(multiply(rows[start:stop], rows[:stop].T))
    products = strips[-1].new_empty(len(rows), len(rows))
    for start, strip in zip(range(0, len(rows), block), strips, strict=True):
        products[start : start + block, : strip.shape[1]] = strip
        products[:start, start : start + block] = strip[:, :start].T
    return products


def _whole_products(first: Tensor, second: Tensor) -> Tensor:
    """Product of int8 matrices in int64, from parts whose sums int32 can hold."""
    total = torch.zeros(len(first), second.shape[1], dtype=torch.int64)
    for left, right in zip(
        torch.split(first, 2**16, 1), torch.split(second, 2**16, 0), strict=True
    ):
        total += torch._int_mm(left, right)
    return total


def _whole_products_are_fast(device: torch.device) -> bool:
    """Whether the processor sums products of bytes in 32 bits, without saturation on the way."""
    supported = getattr(torch.cpu, "_is_vnni_supported", lambda: False)
    return device.type == "cpu" and hasattr(torch, "_int_mm") and bool(supported())
