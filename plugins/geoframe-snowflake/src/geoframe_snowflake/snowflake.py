"""The neural snowflake: a trainable monotone function of the Euclidean distance."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from geoframe.errors import DataError
from geoframe.geometry import Geometry, Promise
from geoframe_snowflake.activations import Irregular, fractal_components, unsigned_power
from geoframe_snowflake.positive import PositiveMatrices, Positivity

SMALLEST_EXPONENT = 0.01
"""Lower bound of the trained exponents a and b; b = 0 would make f(0) = 1."""


class Snowflake(Geometry):
    """Trainable (quasi-)metric d(x, y) = f(|x - y|) (Neural Snowflakes, ICLR 2024).

    With t_0 = |x - y| >= 0, layers j = 1..J compute ``t_j = B_j psi(A_j t_{j-1}) C_j``, where
    psi = (1 - e^{-u}, u^{a_j}, log(1 + u)^{b_j}) acts entry by entry, all entries of A_j, B_j,
    C_j are positive and 0 < a_j, b_j <= 1. Then ``f(t) = t_J^(1 + |p|)``.

    Each part of psi is increasing, concave and 0 at 0. Positive sums and compositions of such
    functions are so again, hence subadditive; so d is a metric for p = 0. A power q = 1 + |p|
    relaxes the triangle inequality by K = 2^(q - 1), as (a + b)^q <= 2^(q - 1) (a^q + b^q).

    Parameters
    ----------
    dim
        Number of coordinates.
    layers, hidden
        Number of layers J, and width of A_j, B_j between them.
    positive
        How the weights are kept positive: ``"abs"``, ``"softplus"``, ``"exp"`` or ``"square"``.
    power
        ``"trainable"``: p is learned from 0.001 on. ``"metric"``: p = 0, a true metric for all
        parameters.
    irregular
        Third part of psi: ``"power-of-log"`` as above, or ``"log-of-power"``, log(1 + u^{b_j}).
    """

    input_scale: Tensor
    output_scale: Tensor

    def __init__(
        self,
        *,
        dim: int = 2,
        layers: int = 2,
        hidden: int = 20,
        positive: Positivity = "softplus",
        power: Literal["trainable", "metric"] = "trainable",
        irregular: Irregular = "power-of-log",
    ) -> None:
        super().__init__(dim)
        self.irregular: Irregular = irregular
        # Rows that sum to 1 keep every layer in the range where all three parts of psi bend.
        widths = [1, *[hidden] * (layers - 1), 1]
        initial: list[Tensor] = []
        for fan_in, fan_out in pairwise(widths):
            for rows, columns in ((hidden, fan_in), (fan_out, hidden)):
                matrix = torch.rand(rows, columns) + 1e-3
                initial.append(matrix / matrix.sum(dim=1, keepdim=True))
            initial.append(torch.full((3, 1), 1 / 3))
        self.weights = PositiveMatrices(initial, positive=positive)
        self.exponents = nn.Parameter(torch.zeros(layers, 2))
        self.power = nn.Parameter(torch.tensor(1e-3)) if power == "trainable" else None
        self.register_buffer("input_scale", torch.ones(()))
        self.register_buffer("output_scale", torch.ones(()))

    @property
    def promise(self) -> Promise:
        """A metric up to K = 2^|p|; d(x, y) = 0 only for x = y unless weights have died."""
        with torch.no_grad():
            # Every part of psi is strictly increasing, so f is as soon as it is not zero.
            increasing = bool(self.profile(torch.ones(1).to(self.input_scale)) > 0)
        power = 0.0 if self.power is None else abs(float(self.power.detach()))
        return Promise(identity=increasing, relaxation=2.0**power)

    def profile(self, t: Tensor) -> Tensor:
        """The function f, element by element: nonnegative ``(...)`` -> ``(...)``."""
        weights = self.weights()
        exponents = SMALLEST_EXPONENT + (1 - SMALLEST_EXPONENT) * torch.sigmoid(self.exponents)
        hidden = (t / self.input_scale).reshape(1, -1)
        for layer, (a, b) in enumerate(exponents.unbind(0)):
            inner, outer, mixture = weights[3 * layer : 3 * layer + 3]
            parts = fractal_components(inner @ hidden, a, b, irregular=self.irregular)
            hidden = outer @ sum(part * share for part, share in zip(parts, mixture, strict=True))
        value = hidden.reshape(t.shape)
        if self.power is not None:
            floor = torch.finfo(value.dtype).tiny
            value = unsigned_power(value, 1 + self.power.abs(), floor=floor)
        return self.output_scale * value

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Distance of points ``(..., dim)``, broadcast -> ``(...)``; exactly 0 at x = y."""
        return self.profile(torch.linalg.vector_norm(x - y, dim=-1))

    @torch.no_grad()
    def rescale(self, distances: Tensor, targets: Tensor | None = None) -> None:
        """Calibrate f so that the median Euclidean distance maps to the median target.

        Call it once before training: all three parts of psi then have a usable slope.

        Parameters
        ----------
        distances
            Euclidean distances of a sample of pairs, ``(n,)``.
        targets
            What the distances of these pairs should become; 1 if left out.

        Raises
        ------
        DataError
            If a median is zero or not finite.
        """
        wanted = {"distance": distances.median()}
        wanted["target"] = (
            torch.ones_like(wanted["distance"]) if targets is None else (targets.median())
        )
        for name, median in wanted.items():
            if not (torch.isfinite(median) and median > 0):
                raise DataError(
                    f"the median {name} of the pairs is {float(median):g}, so the snowflake has "
                    f"no scale to start from; give pairs with positive, finite values"
                )
        self.input_scale.copy_(wanted["distance"])
        self.output_scale.fill_(1.0)
        self.output_scale.copy_(wanted["target"] / self.profile(wanted["distance"]))
