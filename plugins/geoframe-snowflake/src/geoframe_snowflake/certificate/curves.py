"""Which well-known curve a learned profile resembles."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from geoframe_embedding.distances import Floats

CURVES: Mapping[str, Callable[[Floats], Floats]] = {
    "t": lambda t: t,
    "√t": np.sqrt,
    "log(1 + t)": np.log1p,
    "1 - exp(-t)": lambda t: -np.expm1(-t),
    "t²": np.square,
}
"""Name -> curve, its argument in units of the median distance."""


def fitted_curves(t: Floats, f: Floats, unit: float) -> dict[str, tuple[Floats, float]]:
    """Scale every known curve to a profile by least squares.

    Parameters
    ----------
    t, f
        ``(k,)`` arguments and values of the profile.
    unit
        Argument that counts as 1, positive.

    Returns
    -------
    dict
        Name -> values ``(k,)`` and relative misfit: root of the sum of squared errors over that
        of squared values of f. 0 means that the profile is that curve.
    """
    found = {}
    norm = max(float(np.linalg.norm(f)), np.finfo(np.float64).tiny)
    for name, curve in CURVES.items():
        values = curve(t / unit)
        scale = float(values @ f) / max(float(values @ values), np.finfo(np.float64).tiny)
        found[name] = scale * values, float(np.linalg.norm(scale * values - f)) / norm
    return found
