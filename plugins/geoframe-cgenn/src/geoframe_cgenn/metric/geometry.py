"""Flat space with any quadratic form."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from geoframe.geometry import DEFAULT_MEMORY_BUDGET, Geometry, Promise
from geoframe_cgenn.metric.frames import congruence
from geoframe_spaces.blocks import euclidean_pairs
from geoframe_spaces.forms import drawn_isometry
from geoframe_spaces.functions import at_least_float32, norm


class QuadraticForm(Geometry):
    """Points of R^dim with the bilinear form x^T M y.

    M = A^T eta A, with eta of +1, -1 and 0. Where the form is definite (eta all +1, or all -1) the
    distance is |A (x - y)|, a metric; elsewhere it is the form of the difference, which may be
    negative, as in Minkowski space.

    Parameters
    ----------
    dim
        Number of coordinates.
    matrix
        M, at the start if it is learned; empty for the identity.
    learnable
        Whether A, and with it M, is a parameter. The signature stays.

    Raises
    ------
    ValueError
        If the matrix is not symmetric, not finite or of another size.
    """

    frame: Tensor
    signs: Tensor

    def __init__(
        self, dim: int = 3, *, matrix: Sequence[Sequence[float]] = (), learnable: bool = False
    ) -> None:
        super().__init__(dim)
        given = torch.eye(dim) if not len(matrix) else torch.tensor(matrix, dtype=torch.float64)
        if given.shape != (dim, dim):
            raise ValueError(f"matrix must be {dim} x {dim}, not {tuple(given.shape)}")
        frame, signs = congruence(given)
        self.learnable = learnable
        if learnable:
            self.frame = nn.Parameter(frame.float())
        else:
            self.register_buffer("frame", frame.float())
        self.register_buffer("signs", signs.float())
        self.definite = bool((signs == signs[0]).all() and signs[0] != 0)

    @property
    def promise(self) -> Promise:
        """A metric if the form is definite; otherwise symmetry is all there is."""
        if self.definite:
            return Promise()
        return Promise(nonnegative=False, identity=False, relaxation=None)

    def matrix(self) -> Tensor:
        """M ``(dim, dim)``."""
        return self.frame.T @ (self.signs.unsqueeze(1) * self.frame)

    def inner(self, x: Tensor, y: Tensor) -> Tensor:
        """x^T M y."""
        return ((x @ self.frame.T) * (y @ self.frame.T) * self.signs).sum(dim=-1)

    def isometry(self, generator: torch.Generator) -> Tensor:
        """Draw S with S^T M S = M ``(dim, dim)``, for the present M."""
        return drawn_isometry(self.matrix(), generator)

    def act(self, isometry: Tensor, x: Tensor) -> Tensor:
        """S x of points ``(..., dim)``."""
        return x @ isometry.to(x).T

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """|A (x - y)|, or the form of x - y where it is indefinite."""
        moved = (x - y) @ self.frame.T
        return norm(moved) if self.definite else (moved.square() * self.signs).sum(dim=-1)

    def pairwise(
        self, x: Tensor, y: Tensor, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> Tensor:
        """All distances -> ``(n, m)``; of a definite form without memory beyond the result."""
        if self.definite:
            return euclidean_pairs(x @ self.frame.T, y @ self.frame.T)
        return super().pairwise(x, y, memory_budget=memory_budget)

    def project(self, raw: Tensor) -> Tensor:
        """Raw coordinates are points."""
        return at_least_float32(raw)

    def extra_repr(self) -> str:
        """Show the signs and whether M is learned in ``repr``."""
        signs = "".join("-0+"[int(sign) + 1] for sign in self.signs)
        return f"{super().extra_repr()}, signature={signs}, learnable={self.learnable}"
