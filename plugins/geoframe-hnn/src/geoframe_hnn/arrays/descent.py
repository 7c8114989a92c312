"""Riemannian Adam in the Poincare ball, and gradients of losses of distances."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from geoframe_data.graph import Floats, Ints

RATE = 0.1
"""First step, as a hyperbolic length; steps fall to 0 along half a cosine."""
MOMENTUM, MEMORY = 0.9, 0.99
"""Decays of Adam's two moments, of which the second is one number a point."""


def descend(ball: Floats, gradient: Callable[[Floats, int], Floats], *, steps: int) -> Floats:
    """Move points of the ball against a gradient, in float64.

    No point gets farther from the centre than the farthest was.

    Parameters
    ----------
    ball
        ``(n, d)``.
    gradient
        Points and number of the step -> Euclidean gradient ``(n, d)``.
    steps
        Number of steps.
    """
    x, farthest = ball.copy(), float(np.linalg.norm(ball, axis=1).max())
    first, second = np.zeros_like(x), np.zeros(len(x))
    for step in range(steps):
        slope = 0.5 * (1.0 - squared(x))[:, None] * gradient(x, step)
        first = MOMENTUM * first + (1.0 - MOMENTUM) * slope
        second = MEMORY * second + (1.0 - MEMORY) * squared(slope)
        mean = first / (1.0 - MOMENTUM ** (step + 1))
        size = np.sqrt(second / (1.0 - MEMORY ** (step + 1))) + 1e-12
        length = RATE * 0.5 * (1.0 + np.cos(np.pi * step / steps))
        x = moved(x, -length * mean / size[:, None], farthest)
    return x


def moved(x: Floats, step: Floats, farthest: float) -> Floats:
    """Go from points ``(n, d)`` along tangent vectors of some hyperbolic length, at most so far."""
    length = np.linalg.norm(step, axis=1, keepdims=True)
    y = np.tanh(0.5 * length) * step / np.maximum(length, 1e-300)
    inner, here, there = (x * y).sum(axis=1), squared(x), squared(y)
    found = (1.0 + 2.0 * inner + there)[:, None] * x + (1.0 - here)[:, None] * y
    found /= (1.0 + 2.0 * inner + here * there)[:, None]
    norm = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found * np.minimum(1.0, farthest / np.maximum(norm, 1e-300)))


def distances_of(x: Floats, u: Ints, v: Ints) -> tuple[Floats, Floats]:
    """Distances ``(p,)`` of pairs, and their derivatives by z = |x-y|^2 / ((1-|x|^2)(1-|y|^2))."""
    room = 1.0 - squared(x)
    z = np.maximum(squared(x[u] - x[v]) / (room[u] * room[v]), 1e-24)
    return 2.0 * np.arcsinh(np.sqrt(z)), 1.0 / np.sqrt(z * (1.0 + z))


def add_gradients(gradient: Floats, x: Floats, u: Ints, v: Ints, slope: Floats) -> None:
    """Add the gradients of both ends of pairs, given derivatives by z ``(p,)``."""
    room = 1.0 - squared(x)
    difference = x[u] - x[v]
    factor = 2.0 * slope / (room[u] * room[v])
    own = factor * squared(difference)
    diagonal = (
        np.bincount(u, weights=own, minlength=len(x))
        + np.bincount(v, weights=own, minlength=len(x))
    ) / room
    for axis in range(x.shape[1]):
        along = factor * difference[:, axis]
        gradient[:, axis] += np.bincount(u, weights=along, minlength=len(x))
        gradient[:, axis] -= np.bincount(v, weights=along, minlength=len(x))
    gradient += diagonal[:, None] * x


def squared(x: Floats) -> Floats:
    """Squared norms ``(n,)`` of rows."""
    found: Floats = np.einsum("ij,ij->i", x, x)
    return found
