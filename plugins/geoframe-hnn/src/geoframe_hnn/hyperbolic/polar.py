"""Hyperbolic triangles in polar coordinates, exact in float64 at any scale (curvature -1).

A point is a distance r from an origin and a unit vector. Nothing here forms sinh or cosh of a
large number: products of them are sums of logarithms, so r = 1e-9 and r = 1e6 are both fine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOG_2 = float(np.log(2.0))


def log_sinh(x: Floats) -> Floats:
    """log sinh x for x >= 0; -inf at 0."""
    with np.errstate(divide="ignore"):
        found: Floats = x + np.log(-np.expm1(-2.0 * x)) - LOG_2
    return found


def asinh_exp(m: Floats) -> Floats:
    """asinh(e^m) for any m, without forming e^m when that is large."""
    high = np.maximum(m, 0.0)
    far = high + np.log1p(np.sqrt(1.0 + np.exp(-2.0 * high)))
    found: Floats = np.where(m > 0.0, far, np.arcsinh(np.exp(np.minimum(m, 0.0))))
    return found


def third_side(a: Floats, b: Floats, half_sine: Floats) -> Floats:
    """Length of the side opposite an angle between sides of lengths ``a`` and ``b``.

    sinh^2(d/2) = sinh^2((a-b)/2) + sinh a sinh b sin^2(angle/2), which is the law of cosines
    without its cancellation (hnn paper's polar form), evaluated in logarithms.

    Parameters
    ----------
    half_sine
        Sine of half the angle.
    """
    with np.errstate(divide="ignore"):
        turn = log_sinh(a) + log_sinh(b) + 2.0 * np.log(half_sine)
    return 2.0 * asinh_exp(0.5 * np.logaddexp(2.0 * log_sinh(0.5 * np.abs(a - b)), turn))


def dot(x: Floats, y: Floats) -> Floats:
    """Inner product over the last axis, which is kept: -> ``(..., 1)``."""
    # For the two or three coordinates of most embeddings a loop is faster than a reduction.
    found = x[..., :1] * y[..., :1]
    for k in range(1, x.shape[-1]):
        found = found + x[..., k : k + 1] * y[..., k : k + 1]
    return found


def norm(x: Floats) -> Floats:
    """Euclidean norm over the last axis, which is kept: -> ``(..., 1)``."""
    found: Floats = np.sqrt(dot(x, x))
    return found


def across(length: Floats, way: Floats, r: Floats, y: Floats) -> tuple[Floats, Floats]:
    """See from one end of a segment a point that is known from the other end.

    The segment leads from p to c; what is known of the point x is its place as seen from c.

    Parameters
    ----------
    length
        Length of the segment ``(m,)``.
    way
        Unit vector of the direction of c at p, ``(m, d)``.
    r
        Distance of x from c ``(m,)``.
    y
        Unit vector of the direction of x at c, carried to p by parallel transport ``(m, d)``.

    Returns
    -------
    tuple
        Distance of x from p ``(m,)`` and the unit vector of its direction at p ``(m, d)``.
    """
    # The angle at c lies between y and the way back to p, which is -way.
    cosine = -dot(way, y)
    half_sine = 0.5 * norm(way + y)
    distance = third_side(length, r, half_sine[:, 0])
    shorter = np.tanh(r)[:, None]
    # The angle at p has the tangent sin(angle) tanh r / cosh l over tanh l - tanh r cos(angle).
    along = np.tanh(length)[:, None] - shorter + 2.0 * shorter * half_sine**2
    decay = np.exp(-length)[:, None]
    aside = shorter * (2.0 * decay / (1.0 + decay * decay))
    direction = along * way + aside * (y + cosine * way)
    return distance, direction / norm(direction)


def carry_back(way: Floats, y: Floats) -> Floats:
    """Turn directions at c, whose first axis leads straight on from p, into directions at p.

    This is a rotation that takes the first axis to ``way``; both arguments are ``(m, d)``.
    """
    sign, axis = _axis(way)
    turned = y * sign
    lean = axis + way
    found: Floats = (
        turned
        - lean * (dot(lean, turned) / (1.0 + np.abs(way[:, :1])))
        + 2.0 * way * dot(axis, turned)
    )
    return found


def carry_forth(way: Floats, y: Floats) -> Floats:
    """Undo :func:`carry_back`."""
    sign, axis = _axis(way)
    lean = axis + way
    turned = y - lean * (dot(lean, y) / (1.0 + np.abs(way[:, :1]))) + 2.0 * axis * dot(way, y)
    found: Floats = turned * sign
    return found


def _axis(way: Floats) -> tuple[Floats, Floats]:
    """Half turn that brings the first axis within 90 degrees of ``way``, and where it goes.

    Without it the rotation would be undefined for a way straight back.
    """
    back = way[:, :1] < 0.0
    sign = np.ones_like(way)
    sign[:, :2] = np.where(back, -1.0, 1.0)
    axis = np.zeros_like(way)
    axis[:, :1] = np.where(back, -1.0, 1.0)
    return sign, axis
