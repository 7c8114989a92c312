"""How faithful an embedding is: ratios of distances, and its triangles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from geoframe_snowflake.finite_metric import Floats, Ints

BINS = 12
"""Rows of the table of ratios by distance, at most."""


@attrs.frozen(kw_only=True, eq=False)
class Distortion:
    """Embedded over given distances, on the pairs with a positive given distance."""

    expansion: float
    """Largest ratio embedded / given."""
    contraction: float
    """Largest ratio given / embedded."""
    mean: float
    """Mean of max(embedded / given, given / embedded) after the best common scale (geometric
    mean): 1 for an embedding that is exact up to its unit."""
    relative_error: float
    """Mean of |embedded - given| / given."""
    mse: float
    """Mean of (embedded - given)^2, over all pairs."""
    variance: float
    """Variance of the given distances: the squared error of the best constant."""
    worst_error: float
    """Largest |embedded - given|, over all pairs."""

    @property
    def worst(self) -> float:
        """Distortion: largest over smallest ratio, which no change of unit alters."""
        return self.expansion * self.contraction


def distortion(given: Floats, embedded: Floats) -> Distortion:
    """Compare distances of the same pairs ``(p,)``.

    Pairs that are given at distance zero count for the errors, not for the ratios.
    """
    positive = given > 0
    with np.errstate(divide="ignore"):
        ratios = np.log(embedded[positive]) - np.log(given[positive])
    error = np.abs(embedded - given)
    found = ratios if len(ratios) else np.zeros(1)
    centre = found[np.isfinite(found)].mean() if np.isfinite(found).any() else 0.0
    return Distortion(
        expansion=float(np.exp(found.max())),
        contraction=float(np.exp(-found.min())),
        mean=float(np.exp(np.abs(found - centre)).mean()),
        relative_error=float((error[positive] / given[positive]).mean()) if positive.any() else 0.0,
        mse=float((error**2).mean()),
        variance=float(given.var()),
        worst_error=float(error.max()),
    )


def by_distance(given: Floats, embedded: Floats) -> list[dict[str, float | int]]:
    """Rows of a table: ratios embedded / given in bins of the given distance, near to far.

    Up to ``BINS`` different distances have a row each; more are put together by quantiles.
    """
    positive = given > 0
    given, ratios = given[positive], embedded[positive] / given[positive]
    values = np.unique(given)
    if len(values) > BINS:
        values = np.unique(np.quantile(given, np.linspace(0, 1, BINS + 1)[:-1]))
    rows: list[dict[str, float | int]] = []
    which = np.searchsorted(values, given, side="right") - 1
    for index in range(len(values)):
        inside = which == index
        ratio = ratios[inside]
        rows.append(
            {
                "from": float(given[inside].min()),
                "to": float(given[inside].max()),
                "pairs": int(inside.sum()),
                "least_ratio": float(ratio.min()),
                "mean_ratio": float(ratio.mean()),
                "greatest_ratio": float(ratio.max()),
            }
        )
    return rows


@attrs.frozen(kw_only=True)
class Triangle:
    """Three points and how much longer one side is than the way round."""

    start: int
    middle: int
    end: int
    ratio: float
    """d(start, end) / (d(start, middle) + d(middle, end)): above 1, the triangle is violated."""

    def of(self, items: Ints) -> Triangle:
        """The same triangle, its corners being positions in ``items``."""
        start, middle, end = items[[self.start, self.middle, self.end]].tolist()
        return Triangle(start=start, middle=middle, end=end, ratio=self.ratio)


def worst_triangles(distances: Floats, count: int) -> Sequence[Triangle]:
    """Triangles with the largest ratio of a side to the way round, one per middle point.

    The ratio of the first is the smallest K that these points do not contradict in
    d(x, z) <= K (d(x, y) + d(y, z)).

    Parameters
    ----------
    distances
        ``(n, n)``. All n^3 triangles are looked at.
    count
        How many triangles to return.
    """
    found: list[Triangle] = []
    for middle in range(len(distances)):
        way = distances[:, middle, None] + distances[middle]
        ratio = np.divide(distances, way, out=np.zeros_like(distances), where=way > 0)
        np.fill_diagonal(ratio, 0)
        ratio[middle] = ratio[:, middle] = 0  # no triangle: the middle is one of the ends
        start, end = np.unravel_index(int(ratio.argmax()), ratio.shape)
        if ratio[start, end] > 0:
            found.append(
                Triangle(
                    start=int(start),
                    middle=middle,
                    end=int(end),
                    ratio=float(ratio[start, end]),
                )
            )
    return sorted(found, key=lambda triangle: -triangle.ratio)[:count]


def worst_pairs(
    names: Sequence[str], first: Ints, second: Ints, given: Floats, embedded: Floats, count: int
) -> list[dict[str, Any]]:
    """Rows for the pairs whose embedded distance is furthest off, as a ratio."""
    positive = np.flatnonzero(given > 0)
    with np.errstate(divide="ignore"):
        off = np.abs(np.log(embedded[positive]) - np.log(given[positive]))
    order = positive[np.argsort(-off, kind="stable")[:count]]
    return [
        {
            "first": names[first[pair]],
            "second": names[second[pair]],
            "given": float(given[pair]),
            "embedded": float(embedded[pair]),
            "ratio": float(embedded[pair] / given[pair]),
        }
        for pair in order.tolist()
    ]
