"""Training-free exact embedding of a finite distance matrix: d(x, y) = |x - y|^q.

Let D be a symmetric matrix of distances that are positive off the diagonal. By Schoenberg's
theorem D^{1/q} is a matrix of Euclidean distances exactly if the Gram matrix

    G(q) = -1/2 J D^{2/q} J,     J = I - 1 1^T / n,

is positive semidefinite. If it is for q, it is for every larger q; and for q large enough it is
for every D, since D^{2/q} tends to the distances of a regular simplex (Deza and Maehara, 1990).
So a bisection finds the smallest q, and f(t) = t^q on those Euclidean points has no error at all.
Nothing is assumed about triangles: D may violate the triangle inequality.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf

from geoframe.errors import DataError
from geoframe_embedding.scaling import principal_axes

Floats = NDArray[np.float64]

TOLERANCE = 1e-13
"""Relative width of the bracket at which the bisection for the exponent ends."""
LARGEST_EXPONENT = 2.0**16
"""Where the search gives up; f(t) = t^q then has no digits left."""
NEGLIGIBLE = 1e-12
"""Eigenvalues below this, relative to the largest entry of D^{2/q}, count as zero."""


@attrs.frozen(kw_only=True, eq=False)
class ExactEmbedding:
    """Points whose distances, raised to a power, are the given ones."""

    points: Floats
    """``(n, dim)``, axes in the order of their share of the variance, largest first."""
    exponent: float
    """Smallest q for which |x - y|^q is exact, at least 1."""

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return int(self.points.shape[1])

    def distance(self, i: NDArray[np.int64], j: NDArray[np.int64]) -> Floats:
        """Embedded distances of point indices, broadcast."""
        difference = self.points[i] - self.points[j]
        found: Floats = np.sqrt((difference**2).sum(axis=-1)) ** self.exponent
        return found


def exact_embedding(distances: Floats) -> ExactEmbedding:
    """Embed a distance matrix without error, with the smallest exponent that can.

    Time is that of about 50 Cholesky decompositions and one eigendecomposition of n x n, memory
    that of five n x n matrices.

    Parameters
    ----------
    distances
        ``(n, n)``, symmetric, zero on the diagonal, finite and not negative. Points at distance
        zero of each other share their place.

    Raises
    ------
    DataError
        If no exponent up to 65536 is large enough, which takes distances that differ by many
        orders of magnitude.
    """
    distances = np.asarray(distances, dtype=np.float64)
    place, first = _places(distances)
    distances = distances[np.ix_(first, first)]
    scale = float(distances.max(initial=0.0))
    if len(first) == 1 or scale == 0.0:
        return ExactEmbedding(points=np.zeros((len(place), 1)), exponent=1.0)
    logs = _logarithms(distances / scale)
    exponent = bisect_exponent(lambda q: is_euclidean(_powered(logs, q)), TOLERANCE)
    powered = _powered(logs, exponent)
    values, vectors = principal_axes(powered)
    noise = max(NEGLIGIBLE * float(powered.max()), 16 * np.finfo(np.float64).eps * values[0])
    kept = values > noise
    points = vectors[:, kept] * np.sqrt(values[kept]) * scale ** (1 / exponent)
    return ExactEmbedding(points=points[place], exponent=exponent)


def bisect_exponent(feasible: Callable[[float], bool], tolerance: float) -> float:
    """Smallest exponent >= 1 that is feasible, given that every larger one is.

    Parameters
    ----------
    tolerance
        Relative width of the last bracket; its upper, feasible end is returned.

    Raises
    ------
    DataError
        If 65536 is not feasible.
    """
    if feasible(1.0):
        return 1.0
    low, high = 1.0, 2.0
    while not feasible(high):
        low, high = high, 2 * high
        if high > LARGEST_EXPONENT:
            raise DataError(
                "no exponent up to 65536 makes an exact embedding: the distances differ by too "
                "many orders of magnitude; merge the points that are nearly equal"
            )
    while high - low > tolerance * high:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        low, high = (low, middle) if feasible(middle) else (middle, high)
    return high


def is_euclidean(squared: Floats) -> bool:
    """Whether ``(n, n)`` squared dissimilarities are squared Euclidean distances, up to rounding.

    The Gram matrix based at the first point, (P_i1 + P_j1 - P_ij) / 2 for i, j > 1, is positive
    semidefinite together with the centred one. Cholesky's method says so in n^3 / 3 operations.
    """
    gram = gram_at(squared, 0)[1:, 1:]
    if not len(gram):
        return True
    shift = np.finfo(np.float64).eps * len(gram) * float(gram.diagonal().max())
    gram[np.diag_indices_from(gram)] += shift
    _, info = dpotrf(gram.T, lower=1, overwrite_a=1, clean=0)
    return bool(info == 0)


def gram_at(squared: Floats, base: int) -> Floats:
    """Inner products ``(n, n)`` of the points seen from the point ``base``."""
    from_base = squared[base]
    gram: Floats = np.subtract(from_base[:, None], squared)
    gram += from_base
    gram *= 0.5
    return gram


def _places(distances: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Place of every point among the distinct ones, and the first point of each place."""
    representative = (distances == 0).argmax(axis=1)  # the first point at distance zero
    first, place = np.unique(representative, return_inverse=True)
    return place, first


def _logarithms(distances: Floats) -> Floats:
    logs: Floats = np.full_like(distances, -np.inf)
    return np.log(distances, where=distances > 0, out=logs)


def _powered(logs: Floats, exponent: float) -> Floats:
    """D^{2/q} from log D; the diagonal stays zero."""
    powered = logs * (2 / exponent)
    found: Floats = np.exp(powered, out=powered)
    return found
