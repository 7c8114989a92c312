"""Minkowski spacetime."""

from __future__ import annotations

from torch import Tensor

from geoframe.geometry import DEFAULT_MEMORY_BUDGET, Promise
from geoframe_spaces.blocks import by_rows, euclidean_pairs
from geoframe_spaces.forms import DiagonalForm
from geoframe_spaces.functions import at_least_float32, signed_root, square


class Minkowski(DiagonalForm):
    """Events (space, time) with the squared interval |dspace|^2 - |dtime|^2 as the "distance".

    The interval is negative where time prevails and zero between different events on a light
    ray, so this is no metric; it is the closed-form baseline of Neural Spacetimes (Sáez de Ocáriz
    Borde et al., ICLR 2025), in the form of its published code. One event precedes another iff
    none of its time coordinates is the larger one.

    Parameters
    ----------
    dim
        Number of coordinates, space first, then time.
    time_dims
        How many of them are time; published with 1.
    root
        Whether to take the signed square root of the squared interval.

    Raises
    ------
    ValueError
        If there is no time coordinate, or no other one.
    """

    def __init__(self, dim: int = 2, *, time_dims: int = 1, root: bool = False) -> None:
        super().__init__(dim, [*[1.0] * (dim - time_dims), *[-1.0] * time_dims])
        if not 1 <= time_dims < dim:
            raise ValueError(f"time_dims must be at least 1 and less than dim, got {time_dims}")
        self.time_dims = time_dims
        self.root = root

    @property
    def promise(self) -> Promise:
        """Symmetry is all there is."""
        return Promise(nonnegative=False, identity=False, relaxation=None)

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Squared interval, or its signed root."""
        space, time = self._split(x - y)
        interval = (square(space) - square(time))[..., 0]
        return signed_root(interval) if self.root else interval

    def pairwise(
        self, x: Tensor, y: Tensor, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> Tensor:
        """All squared intervals, or their signed roots -> ``(n, m)``."""
        y_space, y_time = self._split(y)

        def of_rows(rows: Tensor) -> Tensor:
            space, time = self._split(rows)
            interval = euclidean_pairs(space, y_space) ** 2 - euclidean_pairs(time, y_time) ** 2
            return signed_root(interval) if self.root else interval

        return by_rows(of_rows, x, len(y), buffers=6, memory_budget=memory_budget)

    def project(self, raw: Tensor) -> Tensor:
        """Raw coordinates are events."""
        return at_least_float32(raw)

    def order_gap(self, x: Tensor, y: Tensor) -> Tensor:
        """By how much each time coordinate of x is later than that of y -> ``(..., time_dims)``."""
        return self._split(x - y)[1]

    def precedes(self, x: Tensor, y: Tensor) -> Tensor:
        """Whether x is not later than y in any time coordinate."""
        return (self.order_gap(x, y) <= 0).all(-1)

    def _split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x[..., : -self.time_dims], x[..., -self.time_dims :]

    def extra_repr(self) -> str:
        """Show the options in ``repr``."""
        return f"{super().extra_repr()}, time_dims={self.time_dims}, root={self.root}"
