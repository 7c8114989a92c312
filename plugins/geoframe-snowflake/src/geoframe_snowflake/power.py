"""A power of the Euclidean distance: the fixed snowflake, and the geometry of exact embeddings."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from geoframe.geometry import DEFAULT_MEMORY_BUDGET, Geometry, Promise
from geoframe_snowflake.activations import FLOOR, unsigned_power


class SnowflakePower(Geometry):
    """d(x, y) = s |x - y|^q.

    For q <= 1 this is the classical snowflake of R^dim, a metric. For q > 1 the triangle
    inequality holds up to K = 2^(q - 1), since (a + b)^q <= 2^(q - 1) (a^q + b^q).

    Parameters
    ----------
    dim
        Number of coordinates.
    exponent
        q > 0, at the start if trained.
    learnable
        Whether q is trained; it stays positive.
    """

    output_scale: Tensor

    def __init__(self, dim: int = 2, *, exponent: float = 0.5, learnable: bool = False) -> None:
        super().__init__(dim)
        if not exponent > 0:
            raise ValueError(f"exponent must be positive, got {exponent}")
        self.raw: nn.Parameter | None = None
        if learnable:
            self.raw = nn.Parameter(torch.tensor(exponent + math.log(-math.expm1(-exponent))))
        self.fixed = exponent  # no buffer, which .float() and .double() would round
        self.register_buffer("output_scale", torch.ones(()))

    def exponent(self) -> Tensor:
        """The current q, a scalar."""
        if self.raw is None:
            return torch.tensor(self.fixed, dtype=torch.float64).to(self.output_scale)
        return F.softplus(self.raw)

    @property
    def promise(self) -> Promise:
        """A metric up to K = max(1, 2^(q - 1)); None if that is beyond all numbers."""
        q = float(self.exponent().detach())
        return Promise(relaxation=2.0 ** max(0.0, q - 1) if q < 1000 else None)

    def profile(self, t: Tensor) -> Tensor:
        """The function f(t) = s t^q, element by element."""
        q = self.exponent().to(t.dtype)
        # Only a power below 1 has an infinite slope at 0, which the floor keeps finite.
        floor = FLOOR if float(q.detach()) < 1 else torch.finfo(t.dtype).tiny
        return self.output_scale * unsigned_power(t, q, floor=floor)

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Distance of points ``(..., dim)``, broadcast -> ``(...)``; exactly 0 at x = y."""
        return self.profile(torch.linalg.vector_norm(x - y, dim=-1))

    def pairwise(
        self, x: Tensor, y: Tensor, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> Tensor:
        """All distances ``(n, m)``; without gradient no differences are written down.

        Those of an exact embedding have nearly as many coordinates as there are points.
        """
        if torch.is_grad_enabled() and (x.requires_grad or y.requires_grad):
            return super().pairwise(x, y, memory_budget=memory_budget)
        return self.profile(torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist"))

    @torch.no_grad()
    def rescale(self, distances: Tensor, targets: Tensor | None = None) -> None:
        """Make the median Euclidean distance the median target, or 1; call it before training."""
        self.output_scale.fill_(1.0)
        wanted = 1.0 if targets is None else targets.median()
        self.output_scale.copy_(wanted / self.profile(distances.median()))

    def extra_repr(self) -> str:
        """Show dimension and exponent in ``repr``."""
        return f"dim={self.dim}, exponent={float(self.exponent().detach()):g}"
