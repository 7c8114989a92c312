"""Distances that are a function of the Euclidean one, and their fast evaluation from a table."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from geoframe.geometry import Geometry

KNOTS = 4096


@runtime_checkable
class Radial(Protocol):
    """Capability: d(x, y) = f(|x - y|) with an increasing f."""

    def profile(self, t: Tensor) -> Tensor:
        """The function f, element by element: nonnegative ``(...)`` -> ``(...)``."""
        ...


class Tabulated:
    """A profile read from a table: linear interpolation on knots that are dense near 0.

    The knots are t_k = (k / (K - 1))^2 t_max, and interpolation is in sqrt(t / t_max), so that
    powers t^a keep their digits near 0. No gradient flows; a sampler evaluates candidates by the
    table, and the few pairs it keeps by the geometry itself.

    Parameters
    ----------
    geometry
        Geometry with a profile; its current parameters are tabulated.
    largest
        t_max, positive: arguments above it are evaluated as t_max.
    knots
        Number K of knots.
    """

    @torch.no_grad()
    def __init__(self, geometry: Radial, largest: float, *, knots: int = KNOTS) -> None:
        if not largest > 0:
            raise ValueError(f"largest must be positive, got {largest}")
        # Knots in double precision, values by the geometry in its own.
        dtype = next((p.dtype for p in _parameters(geometry)), torch.get_default_dtype())
        device = next((p.device for p in _parameters(geometry)), torch.device("cpu"))
        shares = torch.linspace(0, 1, knots, dtype=torch.float64, device=device)
        self.largest = largest
        self.values = geometry.profile((shares.square() * largest).to(dtype))

    @torch.no_grad()
    def __call__(self, t: Tensor) -> Tensor:
        """Nonnegative ``(...)`` -> f(t) ``(...)``, approximately."""
        last = len(self.values) - 1
        position = (t / self.largest).clamp(0, 1).sqrt_().mul_(last)
        below = position.floor().clamp_(max=last - 1)
        index = below.long()
        return torch.lerp(self.values[index], self.values[index + 1], position.sub_(below))


@torch.no_grad()
def tabulated_pairwise(geometry: Geometry, x: Tensor, y: Tensor) -> Tensor:
    """All distances ``(n, m)`` of points ``(n, dim)``, ``(m, dim)``, by a table of the profile.

    Raises
    ------
    TypeError
        If the geometry is not radial.
    """
    if not isinstance(geometry, Radial):
        raise TypeError(f"{type(geometry).__name__} is no function of the Euclidean distance")
    lengths = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
    largest = float(lengths.max()) if lengths.numel() else 0.0
    return Tabulated(geometry, largest or 1.0)(lengths)


def _parameters(geometry: Radial) -> list[Tensor]:
    assert isinstance(geometry, Geometry)
    return [*geometry.parameters(), *geometry.buffers()]
