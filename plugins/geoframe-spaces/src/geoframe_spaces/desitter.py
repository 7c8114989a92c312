"""De Sitter spacetime."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe.geometry import DEFAULT_MEMORY_BUDGET, Promise
from geoframe_spaces.blocks import by_rows, euclidean_pairs
from geoframe_spaces.forms import DiagonalForm
from geoframe_spaces.functions import asinc, at_least_float32, signed_root, square


class DeSitter(DiagonalForm):
    """Events on |space|^2 - time^2 = 1, with a squared interval as the "distance".

    With q = <x_space, y_space> - x_time y_time it is arccosh(q)^2 where q > 1 (time prevails) and
    goes on smoothly as 2 (q - 1) < 0 elsewhere: the closed-form baseline of Neural Spacetimes
    (Sáez de Ocáriz Borde et al., ICLR 2025), in the form of its published code. One event precedes
    another iff its time coordinate is not the larger one. Computed from
    q - 1 = (dtime^2 - |dspace|^2) / 2, which is exact for coincident events.

    Parameters
    ----------
    dim
        Number of coordinates: the direction in space, which takes one more than the space has
        dimensions, then time.
    root
        Whether to take the signed square root of the squared interval.

    Raises
    ------
    ValueError
        If ``dim`` is less than 3.
    """

    def __init__(self, dim: int = 3, *, root: bool = False) -> None:
        super().__init__(dim, [*[1.0] * (dim - 1), -1.0])
        if dim < 3:
            raise ValueError(f"dim must be at least 3 (a direction in space and time), got {dim}")
        self.root = root

    @property
    def promise(self) -> Promise:
        """Symmetry is all there is."""
        return Promise(nonnegative=False, identity=False, relaxation=None)

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Squared interval, or its signed root."""
        difference = x - y
        return self._interval((square(difference[..., -1:]) - square(difference[..., :-1]))[..., 0])

    def pairwise(
        self, x: Tensor, y: Tensor, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> Tensor:
        """All squared intervals, or their signed roots -> ``(n, m)``."""

        def of_rows(rows: Tensor) -> Tensor:
            time = euclidean_pairs(rows[:, -1:], y[:, -1:])
            return self._interval(time**2 - euclidean_pairs(rows[:, :-1], y[:, :-1]) ** 2)

        return by_rows(of_rows, x, len(y), buffers=16, memory_budget=memory_budget)

    def _interval(self, twice_excess: Tensor) -> Tensor:
        """Squared interval from 2 (q - 1); arccosh(1 + 2 s) = 2 asinh(sqrt s)."""
        timelike = twice_excess > 0
        ratio = asinc(torch.where(timelike, -twice_excess / 4, 0.0))
        interval = twice_excess * ratio * ratio
        return signed_root(interval) if self.root else interval

    def project(self, raw: Tensor) -> Tensor:
        """Give the direction length sqrt(1 + time^2); a zero direction becomes the first axis."""
        raw = at_least_float32(raw)
        direction, time = raw[..., :-1], raw[..., -1:]
        length = torch.linalg.vector_norm(direction, dim=-1, keepdim=True)
        missing = length < 1e-12
        first_axis = torch.zeros_like(direction)
        first_axis[..., 0] = 1.0
        unit = torch.where(missing, first_axis, direction / torch.where(missing, 1.0, length))
        return torch.cat([unit * (1 + time * time).sqrt(), time], dim=-1)

    def order_gap(self, x: Tensor, y: Tensor) -> Tensor:
        """By how much x is later than y -> ``(..., 1)``."""
        return x[..., -1:] - y[..., -1:]

    def precedes(self, x: Tensor, y: Tensor) -> Tensor:
        """Whether x is not later than y."""
        return (self.order_gap(x, y) <= 0).all(-1)

    def extra_repr(self) -> str:
        """Show the options in ``repr``."""
        return f"{super().extra_repr()}, root={self.root}"
