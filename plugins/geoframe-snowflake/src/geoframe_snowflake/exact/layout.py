"""Few coordinates from an exact embedding: where training starts."""

from __future__ import annotations

import attrs
import numpy as np
from scipy.spatial.distance import pdist, squareform

from geoframe_embedding.distances import Floats
from geoframe_embedding.scaling import principal_axes

EXPONENTS = 8
"""Exponents tried between 1 and the smallest exact one."""


@attrs.frozen(kw_only=True, eq=False)
class Layout:
    """Coordinates cut down to a wanted dimension, and the power that fits them best."""

    points: Floats
    """``(n, dim)``."""
    exponent: float
    stress: float
    """Square root of sum (D - c |x - y|^q)^2 / sum D^2 with the best c: 0 if it is exact."""


def truncate(distances: Floats, dim: int, exponent: float) -> Layout:
    """Best first axes of the embeddings of D^{1/q} for q between 1 and an exact exponent.

    A small exponent puts more of the distances into the first axes, a large one makes the whole
    exact; which serves a truncated embedding better is found by trying.

    Parameters
    ----------
    distances
        ``(n, n)``, n >= 2.
    dim
        Wanted number of coordinates.
    exponent
        The largest exponent to try, usually that of the exact embedding.
    """
    targets = squareform(distances, checks=False)
    total = max(float(targets @ targets), np.finfo(np.float64).tiny)
    best: Layout | None = None
    for q in np.unique(np.linspace(1.0, max(1.0, exponent), EXPONENTS)):
        values, vectors = principal_axes(distances ** (2 / q), dim)
        points = np.zeros((len(distances), dim))
        points[:, : len(values)] = vectors * np.sqrt(values.clip(min=0))
        lengths = pdist(points) ** q
        scale = float(lengths @ targets) / max(float(lengths @ lengths), np.finfo(float).tiny)
        stress = float(np.sqrt(((targets - scale * lengths) ** 2).sum() / total))
        if best is None or stress < best.stress:
            best = Layout(points=points, exponent=float(q), stress=stress)
    assert best is not None
    return best
