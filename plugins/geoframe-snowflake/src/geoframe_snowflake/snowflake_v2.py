"""Version 2 of the neural snowflake: a trainable quasi-metric on coordinate differences."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from geoframe.geometry import DEFAULT_MEMORY_BUDGET, Geometry, Promise
from geoframe_snowflake.activations import FLOOR, signed_power
from geoframe_snowflake.positive import PositiveMatrices, Positivity

START_SMALL, START_LARGE = 1e-6, 1e-3
"""Published start of the exponents above 1, inside and outside the unit interval."""


class SnowflakeV2(Geometry):
    r"""Trainable quasi-metric on coordinate differences (Neural Spacetimes, ICLR 2025).

    ``u_0 = |sigma_0(x) - sigma_0(y)|`` coordinate by coordinate, ``u_j = W_j sigma_j(u_{j-1})``
    for j = 1..J, ``d(x, y) = u_J`` (a scalar). The W_j have positive entries |W| + |lambda| I,
    and sigma_j is the signed power with exponent s_j inside the unit interval and l_j outside.

    Notes
    -----
    Relaxed triangle inequality: d(x, z) <= K (d(x, y) + d(y, z)) with

        K = 2^(prod_{j>=1} m_j - 1),   m_j = max(1, s_j, l_j).

    Proof. (1) Growth: log sigma_j as a function of log t is piecewise linear with slopes among
    1 (below the floor of :func:`signed_power`), s_j and l_j. So sigma_j(c t) <= c^{m_j} sigma_j(t)
    for all c >= 1, t >= 0, on whichever sides of 1 and of the floor t and c t lie.
    (2) One activation: let a, b >= 0, t = a + b > 0. By (1), sigma_j(a) >= (a/t)^{m_j} sigma_j(t),
    and likewise for b. Since m_j >= 1, (a/t)^{m_j} + (b/t)^{m_j} >= 2^{1 - m_j} by convexity, so
    sigma_j(a + b) <= 2^{m_j - 1} (sigma_j(a) + sigma_j(b)).
    (3) Composition: u_0 satisfies the triangle inequality in each coordinate, and all maps are
    increasing. Write p = u(x, y), q = u(y, z), r = u(x, z) after layer j - 1 and assume
    r <= 2^k (p + q). Then by (1) and (2) sigma_j(r) <= 2^{k m_j} sigma_j(p + q)
    <= 2^{k m_j + m_j - 1} (sigma_j(p) + sigma_j(q)), and W_j >= 0 preserves this. So k becomes
    (k + 1) m_j - 1, hence k + 1 = prod m_j, from k = 0.  QED

    Exponents below 1 alone (snowflakes in the strict sense) give K = 1, a metric.

    Parameters
    ----------
    dim
        Number of coordinates.
    layers, hidden
        Number J of positive matrices, and the width between them.
    exponent
        ``"ge1"``: the published exponents 1 + |raw|, never below 1. ``"free"``: softplus(raw),
        any positive number, from 1 on; each power is then linear below 1e-6, so that gradients
        stay finite.
    positive
        How the weights are kept positive: ``"abs"`` as published, ``"softplus"``, ``"exp"`` or
        ``"square"``.
    """

    def __init__(
        self,
        *,
        dim: int = 2,
        layers: int = 4,
        hidden: int = 10,
        exponent: Literal["free", "ge1"] = "ge1",
        positive: Positivity = "abs",
    ) -> None:
        super().__init__(dim)
        self.exponent = exponent
        widths = [dim, *[hidden] * (layers - 1), 1]
        self.widest = max(widths)
        initial = [
            torch.rand(fan_out, fan_in) / (fan_out * fan_in) for fan_in, fan_out in pairwise(widths)
        ]
        self.weights = PositiveMatrices(initial, positive=positive, residual=0.1)
        start = torch.tensor([START_SMALL, START_LARGE])
        if exponent == "free":
            start = torch.full((2,), math.log(math.e - 1))
        self.exponents = nn.Parameter(start.repeat(layers + 1, 1))

    @property
    def promise(self) -> Promise:
        """Relaxation constant K from the exponents (see the class notes).

        Identity holds as soon as d grows with every coordinate, i.e. is positive at each unit
        vector.
        """
        with torch.no_grad():
            small, large = self._exponents()[1:].unbind(1)
            growth = torch.maximum(small, large).clamp_min(1).double().log2().sum().exp2()
            units = torch.eye(self.dim).to(self.exponents)
            identity = bool((self._network(units) > 0).all())
        relaxation = float(torch.exp2(growth - 1))
        return Promise(
            identity=identity, relaxation=relaxation if math.isfinite(relaxation) else None
        )

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Distance of points ``(..., dim)``, broadcast -> ``(...)``; exactly 0 at x = y."""
        small, large = self._exponents()[0].unbind(0)
        floor = self._floor(x)
        difference = signed_power(x, small, large, floor=floor) - signed_power(
            y, small, large, floor=floor
        )
        return self._network(difference.abs())

    def pairwise(
        self, x: Tensor, y: Tensor, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> Tensor:
        """All distances ``(n, m)``, blockwise; a pair needs the width of the widest layer."""
        share = memory_budget * self.dim // (2 * self.widest)
        return super().pairwise(x, y, memory_budget=share)

    def _exponents(self) -> Tensor:
        """Exponents ``(layers + 1, 2)``: inside and outside the unit interval."""
        if self.exponent == "ge1":
            return self.exponents.abs() + 1
        return F.softplus(self.exponents)

    def _floor(self, x: Tensor) -> float:
        # From exponent 1 on the slope at 0 is finite; the floor only keeps the logarithm so.
        return torch.finfo(x.dtype).tiny if self.exponent == "ge1" else FLOOR

    def _network(self, difference: Tensor) -> Tensor:
        """Nonnegative differences ``(..., dim)`` -> ``(...)``.

        Pairs are columns inside: small matrix times long rows is the fast order of a product.
        """
        floor = self._floor(difference)
        columns = difference.reshape(-1, self.dim).t()
        exponents = self._exponents()[1:].reshape(-1).unbind(0)
        for layer, weight in enumerate(self.weights()):
            small, large = exponents[2 * layer : 2 * layer + 2]
            columns = weight @ signed_power(columns, small, large, floor=floor)
        return columns.reshape(difference.shape[:-1])
