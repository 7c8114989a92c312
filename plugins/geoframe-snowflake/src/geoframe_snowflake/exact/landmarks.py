"""Exact embedding of some landmarks, and of every other item by its distances to them."""

from __future__ import annotations

import attrs
import numpy as np
from scipy.linalg import LinAlgError, cholesky, solve_triangular

from geoframe_embedding.distances import Floats, Ints
from geoframe_snowflake.exact.embedding import bisect_exponent, gram_at

TOLERANCE = 1e-6
"""Relative width of the bracket at which the bisection for the exponent ends."""
SLACK = 1e-9
"""Share of the largest D^{2/q} by which a squared height may be negative and count as zero."""
FACTORS = (1.0, 1.1, 1.25, 1.5, 2.0)
"""Multiples of the smallest exponent that are tried; at the smallest some heights vanish."""
HEIGHT_DIM = 32
"""Coordinates for the part of an item that is orthogonal to all landmarks."""


@attrs.frozen(kw_only=True, eq=False)
class LandmarkEmbedding:
    """Points for which every distance to a landmark, raised to a power, is the given one."""

    points: Floats
    """``(n, landmarks - 1 + 32)``: in the span of the landmarks, and orthogonal to it."""
    exponent: float
    """Among those for which this is possible, the one that fits the other pairs best."""
    landmarks: Ints
    """Items that serve as landmarks."""

    def distance(self, i: Ints, j: Ints) -> Floats:
        """Embedded distances of item indices, broadcast."""
        difference = self.points[i] - self.points[j]
        found: Floats = np.sqrt((difference**2).sum(axis=-1)) ** self.exponent
        return found


def landmark_embedding(
    landmarks: Ints, rows: Floats, sample: tuple[Ints, Ints, Floats], *, seed: int
) -> LandmarkEmbedding:
    """Embed all items so that the distances to the landmarks are exact.

    An item's place in the span of the landmarks follows from its distances to them (V. de Silva,
    J. Tenenbaum: Sparse multidimensional scaling using landmark points, 2004). What is left over
    is its height above the span. In which direction it points, the landmarks cannot tell; here
    it is one direction common to all items plus a random one of the item's own, in the
    proportion that fits a sample of other pairs best.

    Parameters
    ----------
    landmarks
        ``(m,)`` item indices with positive distances among themselves, m >= 2.
    rows
        ``(m, n)`` their distances to all items.
    sample
        Item indices ``(p,)``, ``(p,)`` and their distances ``(p,)``, which are positive.

    Raises
    ------
    DataError
        If no exponent up to 65536 is large enough.
    """
    scale = rows.max()
    with np.errstate(divide="ignore"):
        logs = np.log(rows / scale)
    smallest = bisect_exponent(lambda q: _place(logs, landmarks, q) is not None, TOLERANCE)
    own = np.random.default_rng(seed).standard_normal((rows.shape[1], HEIGHT_DIM))
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    first, second, given = sample
    best: tuple[float, float, Floats] | None = None
    for exponent in smallest * np.array(FACTORS):
        points = _with_heights(logs, landmarks, exponent, own, (first, second, given / scale))
        if points is None:
            continue
        squared = ((points[first] - points[second]) ** 2).sum(axis=1)
        logarithm = np.log(np.maximum(squared, SLACK)) * exponent / 2
        misfit = float(np.abs(logarithm - np.log(given / scale)).mean())
        if best is None or misfit < best[0]:
            best = misfit, float(exponent), points
    assert best is not None  # the smallest exponent is feasible
    _, exponent, points = best
    return LandmarkEmbedding(
        points=points * scale ** (1 / exponent), exponent=exponent, landmarks=landmarks
    )


def _with_heights(
    logs: Floats, landmarks: Ints, exponent: float, own: Floats, sample: tuple[Ints, Ints, Floats]
) -> Floats | None:
    """Coordinates ``(n, m - 1 + 32)`` at an exponent; None if there are none."""
    placed = _place(logs, landmarks, exponent)
    if placed is None:
        return None
    inside, height = placed
    first, second, given = sample
    common = _common_share(inside, height, own, first, second, given ** (2 / exponent))
    direction = own * np.sqrt(1 - common)
    direction[:, 0] += np.sqrt(common)
    # A direction has length 1, so the distances to the landmarks, of height 0, stay exact.
    direction *= (height / np.linalg.norm(direction, axis=1))[:, None]
    return np.hstack([inside, direction])


def _common_share(
    inside: Floats, height: Floats, own: Floats, first: Ints, second: Ints, squared: Floats
) -> float:
    """Share, in [0, 1], of the heights' common direction: least squares on a sample of pairs."""
    between = ((inside[first] - inside[second]) ** 2).sum(axis=1)
    product = height[first] * height[second]
    cosine = (own[first] * own[second]).sum(axis=1)
    # squared = between + h^2 + h'^2 - 2 h h' (share + (1 - share) cosine)
    rest = between + height[first] ** 2 + height[second] ** 2 - 2 * product * cosine - squared
    slope = 2 * product * (1 - cosine)
    norm = float(slope @ slope)
    return float(np.clip(slope @ rest / norm, 0, 1)) if norm > 0 else 1.0


def _place(logs: Floats, landmarks: Ints, exponent: float) -> tuple[Floats, Floats] | None:
    """Coordinates ``(n, m - 1)`` and heights ``(n,)`` at an exponent; None if there are none."""
    powered = np.exp(logs * (2 / exponent))
    among = powered[:, landmarks]
    try:
        factor = cholesky(gram_at(among, 0)[1:, 1:], lower=True, overwrite_a=True)
    except LinAlgError:
        return None
    to_base = powered[0]
    products = 0.5 * (to_base + among[0, 1:, None] - powered[1:])
    inside = solve_triangular(factor, products, lower=True, overwrite_b=True)
    squared_height = to_base - (inside**2).sum(axis=0)
    if squared_height.min() < -SLACK:
        return None
    height = np.sqrt(squared_height.clip(min=0))
    height[landmarks] = 0.0
    return inside.T, height
