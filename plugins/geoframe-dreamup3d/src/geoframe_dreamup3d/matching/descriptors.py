"""Descriptors that need no training on scenes: rivals of a learned code. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geoframe_dreamup3d.objects import SceneObject
from geoframe_dreamup3d.table.view import View

BINS = 8
"""Bins of each channel of a colour histogram."""
EXTENT_WEIGHT = 5.0
"""Weight of a metre of a box's extents beside a histogram."""


def colours_and_extents(
    view: View, labels: NDArray[np.int32], objects: Sequence[SceneObject]
) -> NDArray[np.floating]:
    """Root of the histogram of hue, saturation and value, and the box's sorted sides."""
    from matplotlib.colors import rgb_to_hsv

    hsv = rgb_to_hsv(view.rgb / 255)
    rows = []
    for each in objects:
        histogram = np.histogramdd(hsv[labels == each.label], bins=BINS, range=[(0, 1)] * 3)[0]
        shares = np.sqrt(histogram.ravel() / max(1.0, histogram.sum()))
        rows.append(np.concatenate([shares, EXTENT_WEIGHT * np.sort(each.tight_box.size)]))
    return np.stack(rows)
