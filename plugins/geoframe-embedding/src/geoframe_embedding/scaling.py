"""Multidimensional scaling: classical, and by distances to landmarks. Torch-free."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from geoframe_embedding.distances import Floats, Ints, PairDistances

NEGLIGIBLE = 1e-9
"""Eigenvalues below this share of the largest are no axes of landmarks."""


def principal_axes(squared: Floats, dim: int | None = None) -> tuple[Floats, Floats]:
    """Eigenvalues and vectors of the centred Gram matrix of squared distances, largest first.

    Parameters
    ----------
    squared
        ``(n, n)``.
    dim
        Number of axes; all of them if left out.

    Returns
    -------
    values, vectors
        ``(dim,)`` and ``(n, dim)``; ``vectors * sqrt(values)`` is classical scaling.
    """
    n = len(squared)
    mean = squared.mean(axis=0)
    gram = -0.5 * (squared - mean - mean[:, None] + mean.mean())
    window = None if dim is None or dim >= n else (n - dim, n - 1)
    values, vectors = scipy.linalg.eigh(
        gram, subset_by_index=window, driver="evd" if window is None else "evr", overwrite_a=True
    )
    return values[::-1], vectors[:, ::-1]


def classical_scaling(distances: Floats, dim: int) -> Floats:
    """Points ``(n, dim)`` of classical scaling (Torgerson 1952) of distances ``(n, n)``."""
    values, vectors = principal_axes(distances**2, dim)
    points = np.zeros((len(distances), dim))
    points[:, : len(values)] = vectors * np.sqrt(values.clip(min=0))
    return points


def landmark_scaling(lengths: Floats, landmarks: Ints, dim: int) -> Floats:
    """Lay items out by their distances to landmarks -> ``(n, dim)``.

    Classical scaling of the distances among the landmarks, then every other item by its
    distances to them (V. de Silva, J. Tenenbaum: Sparse multidimensional scaling using landmark
    points, 2004). Axes that the landmarks do not span are 0.

    Parameters
    ----------
    lengths
        Distances from the landmarks to all ``(k, n)``, finite.
    landmarks
        Which items they are ``(k,)``.
    dim
        Number of coordinates.
    """
    squared = lengths**2
    among = squared[:, landmarks]
    values, vectors = principal_axes(among)
    values, vectors = values[:dim], vectors[:, :dim]
    positive = values > NEGLIGIBLE * max(values[0], np.finfo(float).tiny)
    axes = vectors[:, positive] / np.sqrt(values[positive])
    layout = np.zeros((lengths.shape[1], dim))
    layout[:, : axes.shape[1]] = -0.5 * (squared - among.mean(axis=0)[:, None]).T @ axes
    return layout


def spread_landmarks(distances: PairDistances, count: int, *, seed: int) -> tuple[Ints, Floats]:
    """Pick items far from each other: each next one is the farthest from those before.

    Returns
    -------
    landmarks, rows
        ``(count,)`` and their distances to all items ``(count, n)``; fewer, if no further item
        has a positive distance.
    """
    n = len(distances)
    chosen = [int(np.random.default_rng(seed).integers(n))]
    rows = [distances.rows(np.array(chosen))[0]]
    nearest = rows[0].copy()
    while len(chosen) < min(count, n) and nearest.max() > 0:
        chosen.append(int(nearest.argmax()))
        rows.append(distances.rows(np.array(chosen[-1:]))[0])
        np.minimum(nearest, rows[-1], out=nearest)
    return np.array(chosen), np.stack(rows)
