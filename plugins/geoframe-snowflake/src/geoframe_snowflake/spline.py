"""A snowflake whose profile is a monotone concave spline: the same class of metrics, readable."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from geoframe.geometry import Geometry, Promise
from geoframe_snowflake.activations import unsigned_power
from geoframe_snowflake.positive import PositiveMatrices, Positivity


class SnowflakeSpline(Geometry):
    """Trainable (quasi-)metric d(x, y) = g(|x - y|)^(1 + |p|) with a concave spline g.

    The slope of g is piecewise linear on knots 0 = t_0 < ... < t_K and constant behind the last
    one. At the knots it is ``g'(t_k) = w_K + sum_{k <= i < K} w_i`` with w > 0, so it is positive
    and falls: every increasing concave quadratic spline with g(0) = 0 is of this form, and the
    form is linear in w. Such a g makes g(|x - y|) a metric; the power relaxes the triangle
    inequality by K = 2^|p|.

    Unlike the power of a neural snowflake, the slope at 0 is finite.

    Parameters
    ----------
    dim
        Number of coordinates.
    knots
        Number K of pieces.
    positive
        How w is kept positive: ``"abs"``, ``"softplus"``, ``"exp"`` or ``"square"``.
    power
        ``"trainable"``: p is learned from 0.001 on. ``"metric"``: p = 0, a true metric for all
        parameters.
    """

    knots: Tensor
    output_scale: Tensor

    def __init__(
        self,
        *,
        dim: int = 2,
        knots: int = 16,
        positive: Positivity = "softplus",
        power: Literal["trainable", "metric"] = "trainable",
    ) -> None:
        super().__init__(dim)
        # Half of the slope never ends, the other half is lost evenly: bent, but far from flat.
        slopes = torch.full((1, knots + 1), 0.5 / knots)
        slopes[0, -1] = 0.5
        self.weights = PositiveMatrices([slopes], positive=positive)
        self.power = nn.Parameter(torch.tensor(1e-3)) if power == "trainable" else None
        self.register_buffer("knots", 4.0 * torch.linspace(0, 1, knots + 1).square())
        self.register_buffer("output_scale", torch.ones(()))

    @property
    def promise(self) -> Promise:
        """A metric up to K = 2^|p|; d(x, y) = 0 only for x = y unless all weights have died."""
        with torch.no_grad():
            increasing = bool(self.profile(torch.ones_like(self.output_scale)) > 0)
        power = 0.0 if self.power is None else abs(float(self.power.detach()))
        return Promise(identity=increasing, relaxation=2.0**power)

    def profile(self, t: Tensor) -> Tensor:
        """The function f, element by element: nonnegative ``(...)`` -> ``(...)``."""
        (weights,) = self.weights()
        slopes = weights[0].flip(0).cumsum(0).flip(0)
        widths = self.knots.diff()
        heights = torch.cat(
            [widths.new_zeros(1), (widths * (slopes[:-1] + slopes[1:]) / 2).cumsum(0)]
        )
        bends = torch.cat([slopes.diff() / widths, widths.new_zeros(1)])
        with torch.no_grad():
            piece = torch.bucketize(t.detach(), self.knots[1:], right=True)
        into = t - self.knots[piece]
        value: Tensor = heights[piece] + into * (slopes[piece] + 0.5 * into * bends[piece])
        if self.power is not None:
            value = unsigned_power(value, 1 + self.power.abs(), floor=torch.finfo(t.dtype).tiny)
        scaled: Tensor = self.output_scale * value
        return scaled

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Distance of points ``(..., dim)``, broadcast -> ``(...)``; exactly 0 at x = y."""
        return self.profile(torch.linalg.vector_norm(x - y, dim=-1))

    @torch.no_grad()
    def rescale(self, distances: Tensor, targets: Tensor | None = None) -> None:
        """Put the knots where the distances are, and make the median distance the median target.

        Call it once before training.

        Parameters
        ----------
        distances
            Euclidean distances of a sample of pairs, ``(n,)``; not all zero.
        targets
            What the distances of these pairs should become; a median of 1 if left out.
        """
        shares = torch.linspace(0, 1, len(self.knots), dtype=distances.dtype)
        # Half quantiles, half even: fine where the pairs are, and never two knots in one place.
        order = distances.sort().values
        quantiles = order[(shares * (len(order) - 1)).round().long()]
        quantiles[0] = 0.0
        knots = 0.5 * (quantiles + shares.to(order) * order[-1])
        self.knots.copy_(knots)
        self.output_scale.fill_(1.0)
        wanted = 1.0 if targets is None else targets.median()
        self.output_scale.copy_(wanted / self.profile(distances.median()))
