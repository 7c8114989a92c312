"""Triangles of an embedding: how much longer a side is than the way round."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from geoframe_embedding.distances import Floats, Ints


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
