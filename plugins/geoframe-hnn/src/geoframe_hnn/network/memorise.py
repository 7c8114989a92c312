"""A ReLU network with one hidden layer that takes given values at given points."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from geoframe import Embedder
from geoframe_hnn.hyperbolic.polar import Floats

DIRECTIONS = 64
"""Random directions tried; the one that spreads the inputs most evenly is kept."""


class MemorisingNetwork(Embedder):
    """x -> v(a.x), with v piecewise linear through the N given values.

    Along a direction a that tells all inputs apart, t = a.x, the interpolation is one hidden
    layer of N - 1 ReLU units: v(t) = v_1 + sum_k c_k relu(t - t_k) with c_k the change of slope
    at t_k. Its size, about N (d + 1) + n weights, does not depend on the distortion: that is
    the hyperbolic network's theorem in three lines. What the distortion costs is hidden in the
    number of bits of the values.

    Parameters
    ----------
    inputs
        Distinct inputs ``(N, n)``.
    values
        Values ``(N, d)`` to take there.

    Raises
    ------
    ValueError
        If two inputs are equal.
    """

    direction: Tensor
    knots: Tensor
    turns: Tensor
    start: Tensor

    def __init__(self, inputs: Floats, values: Floats) -> None:
        inputs = np.asarray(inputs, dtype=np.float64)
        super().__init__(inputs.shape[1], values.shape[1])
        direction = _spreading_direction(inputs)
        t = inputs @ direction
        order = np.argsort(t, kind="stable")
        t, v = t[order], np.asarray(values, dtype=np.float64)[order]
        gaps = np.diff(t)
        if len(gaps) and gaps.min() <= 0.0:
            raise ValueError("two inputs are equal: no function can give them different values")
        slopes = np.diff(v, axis=0) / gaps[:, None]
        turns = np.diff(slopes, axis=0, prepend=np.zeros((min(1, len(slopes)), v.shape[1])))
        self.register_buffer("direction", torch.from_numpy(direction))
        self.register_buffer("knots", torch.from_numpy(t[:-1].copy()))
        self.register_buffer("turns", torch.from_numpy(turns.reshape(-1, v.shape[1])))
        self.register_buffer("start", torch.from_numpy(v[0].copy()))

    @property
    def size(self) -> int:
        """Number of weights: input direction, thresholds, output weights and output bias."""
        return sum(part.numel() for part in (self.direction, self.knots, self.turns, self.start))

    def forward(self, x: Tensor) -> Tensor:
        """Inputs ``(m, n)`` -> values ``(m, d)``, float64."""
        t = x.double() @ self.direction
        hidden = torch.relu(t.unsqueeze(-1) - self.knots)
        return self.start + hidden @ self.turns


def _spreading_direction(inputs: Floats) -> Floats:
    """Unit vector along which the closest two of the inputs are farthest apart."""
    rng = np.random.default_rng(0)
    candidates = rng.standard_normal((DIRECTIONS, inputs.shape[1]))
    candidates /= np.linalg.norm(candidates, axis=1, keepdims=True)
    if len(inputs) < 2:
        return np.asarray(candidates[0])
    gaps = np.diff(np.sort(inputs @ candidates.T, axis=0), axis=0).min(axis=0)
    found: Floats = candidates[gaps.argmax()]
    return found
