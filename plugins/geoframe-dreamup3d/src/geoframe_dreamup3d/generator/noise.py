"""What a structured-light or time-of-flight sensor does to depth. Torch-free."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

EDGE = 0.02
"""Difference of neighbouring depths that makes an edge, metres."""


@attrs.frozen(kw_only=True)
class SensorNoise:
    """Random errors of a depth image."""

    constant: float = 0.0012
    """Standard deviation near the sensor, metres."""
    quadratic: float = 0.0019
    """Growth with (z - 0.4 m) squared, per metre (Nguyen, Izadi and Lovell, 3DIMPVT 2012)."""
    flying: float = 0.4
    """Probability that a pixel at an edge mixes the depths on both sides."""
    dropout: float = 0.01
    """Probability that a pixel has no depth."""
    edge_dropout: float = 0.15
    """The same for pixels at edges."""

    def apply(
        self, depth: NDArray[np.float32], generator: np.random.Generator
    ) -> NDArray[np.float32]:
        """Return a noisy copy of a depth image ``(h, w)``; 0 where nothing is measured."""
        noisy = depth.astype(np.float64)
        down, right = np.roll(depth, -1, 0), np.roll(depth, -1, 1)
        down[-1], right[:, -1] = depth[-1], depth[:, -1]
        other = np.where(np.abs(down - depth) > np.abs(right - depth), down, right)
        edge = np.abs(other - depth) > EDGE
        mixed = edge & (generator.random(depth.shape) < self.flying)
        share = generator.random(depth.shape)
        noisy = np.where(mixed, share * depth + (1 - share) * other, noisy)
        deviation = self.constant + self.quadratic * np.maximum(0, noisy - 0.4) ** 2
        noisy += deviation * generator.normal(size=depth.shape)
        lost = generator.random(depth.shape) < np.where(edge, self.edge_dropout, self.dropout)
        noisy[lost | (depth <= 0)] = 0
        return noisy.astype(np.float32)
