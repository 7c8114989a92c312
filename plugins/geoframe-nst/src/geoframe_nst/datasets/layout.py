"""Scaling stored layouts to node features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoframe_data.graph import Features


def scaled_layout(positions: NDArray[np.float64]) -> Features:
    """Scale positions ``(n, 2)`` to [0, 1] per axis, as the NST paper does (its node features)."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    scaled: Features = ((positions - low) / (high - low)).astype(np.float32)
    return scaled
