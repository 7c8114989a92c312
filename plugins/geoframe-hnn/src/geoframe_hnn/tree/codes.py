"""Spherical codes: directions that keep well apart from each other."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.spatial import cKDTree

from geoframe_hnn.hyperbolic.polar import Floats

REFINED = 600
"""Largest code that is improved by repulsion, whose steps take time quadratic in its size."""
STEPS = 150


@lru_cache(maxsize=1024)
def spherical_code(size: int, dim: int) -> Floats:
    """Unit vectors ``(size, dim)`` far apart; the first is minus the first axis.

    On the circle they are spaced equally. Up to ``dim + 1`` of them form a regular simplex, the
    best there is. Larger codes are laid out in rings around an axis, with equal steps between
    and (recursively) within the rings, and then, up to 600 points, improved by repulsion.
    """
    if dim == 2:
        angle = np.pi + 2.0 * np.pi * np.arange(size) / size
        code: Floats = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    elif size <= dim + 1:
        code = _simplex(size, dim)
    else:
        code = _rings(size, dim)
        if size <= REFINED:
            code = _repelled(code)
    code = _first_to_pole(code)
    code.setflags(write=False)
    return code


@lru_cache(maxsize=1024)
def least_chord(size: int, dim: int) -> float:
    """Least distance between two vectors of :func:`spherical_code`; 2 if there is one only."""
    if size < 2:
        return 2.0
    nearest, _ = cKDTree(spherical_code(size, dim)).query(spherical_code(size, dim), k=2)
    return float(nearest[:, 1].min())


def _simplex(size: int, dim: int) -> Floats:
    if size == 1:
        return np.eye(1, dim)
    corners = np.eye(size) - 1.0 / size
    left, scale, _ = np.linalg.svd(corners)
    flat = left[:, : size - 1] * scale[: size - 1]
    code = np.zeros((size, dim))
    code[:, : size - 1] = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    return code


def _rings(size: int, dim: int) -> Floats:
    """Take the widest spacing that gives enough points, by bisection."""
    narrow, wide = 0.0, np.pi
    for _ in range(40):
        spacing = 0.5 * (narrow + wide)
        narrow, wide = (spacing, wide) if _ring_count(spacing, dim) >= size else (narrow, spacing)
    return _ring_points(narrow, dim)[:size]


def _ring_angles(spacing: float) -> Floats:
    """Distances of the rings from the pole, as far apart as ``spacing`` or a little more."""
    return np.linspace(0.0, np.pi, int(np.pi / spacing) + 1)


def _within(spacing: float, angle: float) -> float:
    """Angle within a ring that makes two of its points ``spacing`` apart on the sphere."""
    ratio = np.sin(spacing / 2) / max(np.sin(angle), 1e-300)
    return float(2.0 * np.arcsin(ratio)) if ratio < 1.0 else np.inf


def _ring_count(spacing: float, dim: int) -> int:
    if spacing > np.pi:
        return 1
    if dim == 2:
        return max(1, int(2.0 * np.pi / spacing))
    return sum(_ring_count(_within(spacing, a), dim - 1) for a in _ring_angles(spacing))


def _ring_points(spacing: float, dim: int) -> Floats:
    if spacing > np.pi:
        return np.eye(1, dim)
    if dim == 2:
        count = max(1, int(2.0 * np.pi / spacing))
        angle = 2.0 * np.pi * np.arange(count) / count
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)
    parts = []
    for angle in _ring_angles(spacing):
        ring = _ring_points(_within(spacing, angle), dim - 1)
        height = np.full((len(ring), 1), np.cos(angle))
        parts.append(np.concatenate([height, np.sin(angle) * ring], axis=1))
    return np.concatenate(parts)


def _repelled(code: Floats) -> Floats:
    """Minimise the sum of |x - y|^-p with growing p, which tends to the largest least distance."""
    rng = np.random.default_rng(0)
    code = code + 1e-3 * rng.standard_normal(code.shape)
    code /= np.linalg.norm(code, axis=1, keepdims=True)
    best, best_gap = code, _least_gap(code)
    for step in range(STEPS):
        power = 4.0 * 2.0 ** (5.0 * step / STEPS)
        squared = np.maximum(2.0 - 2.0 * code @ code.T, 1e-12)
        np.fill_diagonal(squared, np.inf)
        least = squared.min()
        push = (least / squared) ** (power / 2 + 1)
        force = code * push.sum(axis=1, keepdims=True) - push @ code
        force -= code * (force * code).sum(axis=1, keepdims=True)
        longest = np.linalg.norm(force, axis=1).max()
        code = code + (0.2 * (1.0 - step / STEPS) * np.sqrt(least) / max(longest, 1e-12)) * force
        code /= np.linalg.norm(code, axis=1, keepdims=True)
        if (gap := _least_gap(code)) > best_gap:
            best, best_gap = code, gap
    return best


def _least_gap(code: Floats) -> float:
    squared = 2.0 - 2.0 * code @ code.T
    np.fill_diagonal(squared, np.inf)
    return float(squared.min())


def _first_to_pole(code: Floats) -> Floats:
    """Reflect the code so that its first point is minus the first axis."""
    pole = np.zeros(code.shape[1])
    pole[0] = -1.0
    lean = code[0] - pole
    squared = float(lean @ lean)
    if squared > 0.0:
        code = code - 2.0 * np.outer(code @ lean, lean) / squared
    code[0] = pole
    found: Floats = code / np.linalg.norm(code, axis=1, keepdims=True)
    return found
