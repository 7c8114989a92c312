"""What networks predict, and how one prediction becomes another.

With ``y = alpha x + s e``: epsilon is e, sample is x, v_prediction is ``alpha e - s x`` (Salimans,
Ho 2022) and flow_prediction is ``e - x`` (rectified flow, where alpha = 1 - s). The names are those
of diffusers.
"""

from __future__ import annotations

from typing import Literal, get_args

from torch import Tensor

from geoframe import DataError
from geoframe.errors import did_you_mean

Prediction = Literal["epsilon", "sample", "v_prediction", "flow_prediction"]
"""What a network puts out."""
Factor = float | Tensor
TINY = 1e-12
"""Stands for no noise in a quotient."""


def prediction_kind(name: str, owner: str) -> Prediction:
    """Return a prediction type that is known.

    Raises
    ------
    DataError
        If it is not, naming ``owner``.
    """
    known = get_args(Prediction)
    if name not in known:
        raise DataError(
            f"{owner}: prediction_type '{name}' is not supported{did_you_mean(name, known)}; "
            f"use {', '.join(known)}"
        )
    return name  # type: ignore[return-value]


def clean_of(kind: Prediction, output: Tensor, state: Tensor, alpha: Factor, s: Factor) -> Tensor:
    """Clean data x from a network's ``output`` at ``state = alpha x + s e``."""
    if kind == "epsilon":
        return (state - s * output) / alpha
    if kind == "sample":
        return output
    if kind == "v_prediction":
        return (alpha * state - s * output) / (alpha**2 + s**2)
    return (state - s * output) / (alpha + s)


def output_of(kind: Prediction, clean: Tensor, state: Tensor, alpha: Factor, s: Factor) -> Tensor:
    """What a network of ``kind`` would put out if x is ``clean``: the inverse of :func:`clean_of`.

    Where there is no noise, the noise is 0.
    """
    if kind == "sample":
        return clean
    divisor = s.clamp_min(TINY) if isinstance(s, Tensor) else max(s, TINY)
    noise = (state - alpha * clean) / divisor
    if kind == "epsilon":
        return noise
    if kind == "v_prediction":
        return alpha * noise - s * clean
    return noise - clean
