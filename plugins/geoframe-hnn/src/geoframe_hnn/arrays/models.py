"""Points in the Poincare ball and on the hyperboloid, and distances that rounding leaves right.

The formulas avoid the differences of large numbers that make the usual ones (arccosh of an inner
product, 1 - x.y) useless more than about 8 from the centre in float32. Curvature -1.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from geoframe_data.graph import Floats, Ints
from geoframe_hnn.hyperbolic.polar import third_side

Singles = NDArray[np.float32]


def to_ball(tangent: Floats) -> Floats:
    """Points of the Poincare ball ``(n, d)`` of tangent vectors at the centre ``(n, d)``."""
    r = np.linalg.norm(tangent, axis=1, keepdims=True)
    found: Floats = np.tanh(0.5 * r) * tangent / np.maximum(r, 1e-300)
    return found


def to_tangent(ball: Floats) -> Floats:
    """Undo :func:`to_ball`."""
    norm = np.linalg.norm(ball, axis=1, keepdims=True)
    found: Floats = 2.0 * np.arctanh(norm) * ball / np.maximum(norm, 1e-300)
    return found


def to_lorentz(tangent: Floats) -> Floats:
    """Points of the hyperboloid ``(n, 1 + d)``, the time first, of tangent vectors ``(n, d)``."""
    r = np.linalg.norm(tangent, axis=1, keepdims=True)
    return np.concatenate([np.cosh(r), np.sinh(r) * tangent / np.maximum(r, 1e-300)], axis=1)


@attrs.frozen(eq=False)
class BallDistances:
    """Distances of points of the ball as stored: 2 asinh sqrt(|x - y|^2 / ((1-|x|^2)(1-|y|^2)))."""

    points: Singles
    """``(n, d)``."""
    scale: float = 1.0
    """What a distance of 1 is in the unit of the data."""

    def __len__(self) -> int:
        return len(self.points)

    def rows(self, items: Ints) -> Floats:
        """Distances from some points to all -> ``(k, n)``."""
        x = self.points.astype(np.float64)
        room = 1.0 - (x * x).sum(axis=1)
        ratio = cdist(x[items], x, "sqeuclidean") / (room[items, None] * room)
        found: Floats = self.scale * 2.0 * np.arcsinh(np.sqrt(ratio))
        return found

    def between(self, first: Ints, second: Ints) -> Floats:
        """Distances of pairs of points ``(p,)``."""
        x, y = self.points[first].astype(np.float64), self.points[second].astype(np.float64)
        room = (1.0 - (x * x).sum(axis=1)) * (1.0 - (y * y).sum(axis=1))
        found: Floats = self.scale * 2.0 * np.arcsinh(np.sqrt(((x - y) ** 2).sum(axis=1) / room))
        return found


@attrs.frozen(eq=False)
class LorentzDistances:
    """Distances of points of the hyperboloid as stored: by r = asinh|x| and directions x/|x|.

    Of the ``1 + d`` coordinates the first, cosh r, is not needed.
    """

    points: Singles
    """``(n, 1 + d)``."""
    scale: float = 1.0
    """What a distance of 1 is in the unit of the data."""

    def __len__(self) -> int:
        return len(self.points)

    def rows(self, items: Ints) -> Floats:
        """Distances from some points to all -> ``(k, n)``."""
        r, way = self._polar(self.points)
        half = 0.5 * cdist(way[items], way)
        found: Floats = self.scale * third_side(r[items, None], r[None, :], half)
        return found

    def between(self, first: Ints, second: Ints) -> Floats:
        """Distances of pairs of points ``(p,)``."""
        (r, x), (s, y) = self._polar(self.points[first]), self._polar(self.points[second])
        return self.scale * third_side(r, s, 0.5 * np.linalg.norm(x - y, axis=1))

    @staticmethod
    def _polar(points: Singles) -> tuple[Floats, Floats]:
        rest = points[:, 1:].astype(np.float64)
        norm = np.linalg.norm(rest, axis=1)
        return np.arcsinh(norm), rest / np.maximum(norm, 1e-300)[:, None]
