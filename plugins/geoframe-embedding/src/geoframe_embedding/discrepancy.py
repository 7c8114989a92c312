"""Errors of distances against the wanted ones."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

Loss = Literal["log-ratio", "relative", "squared", "stress"]

SMALLEST = 1e-12
"""Distance below which the log-ratio loss sees this distance."""


def discrepancy(distances: Tensor, targets: Tensor, loss: Loss) -> Tensor:
    """Mean error of distances ``(p,)`` against targets ``(p,)``, a scalar.

    Parameters
    ----------
    distances, targets
        In the same unit; targets are positive for ``"log-ratio"`` and ``"relative"``.
    loss
        ``"log-ratio"``: (log d - log D)^2; ``"relative"``: (d / D - 1)^2; ``"squared"``:
        (d - D)^2; ``"stress"``: the mean of (d - D)^2 over the mean of D^2, free of the unit.
    """
    if loss == "squared":
        return (distances - targets).square().mean()
    if loss == "stress":
        return (distances - targets).square().mean() / targets.square().mean()
    if loss == "relative":
        return (distances / targets - 1).square().mean()
    return (distances.clamp_min(SMALLEST) / targets).log().square().mean()
