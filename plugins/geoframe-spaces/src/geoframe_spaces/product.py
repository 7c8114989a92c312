"""Products of spaces."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

from geoframe.capabilities import Isometries, Rescalable, TangentMaps, capability
from geoframe.errors import ConfigError
from geoframe.geometry import DEFAULT_MEMORY_BUDGET, Geometry, Promise
from geoframe_spaces.blocks import by_rows
from geoframe_spaces.functions import norm

P = TypeVar("P")


class Product(Geometry):
    """M_1 x ... x M_q with d(x, y)^2 = sum_r (s_r d_r(x_r, y_r))^2.

    Coordinates, raw ones and points, are those of the factors one after the other. The scales s_r
    are 1 unless they are trained; training the scale of a factor of constant curvature K trains
    its curvature, K / s_r^2.

    Parameters
    ----------
    factors
        The spaces M_r.
    learnable
        Whether the positive scales s_r are trained.

    Raises
    ------
    ConfigError
        If there is no factor, or one of them has negative distances (a spacetime), which have no
        place in a sum of squares.
    """

    log_scales: Tensor

    def __init__(self, *, factors: Sequence[Geometry], learnable: bool = False) -> None:
        if not factors:
            raise ConfigError(["factors: a product needs at least one factor"])
        super().__init__(sum(factor.dim for factor in factors))
        for index, factor in enumerate(factors):
            if not factor.promise.nonnegative:
                name = type(factor).__name__
                raise ConfigError(
                    [f"factors[{index}]: {name} has negative distances, it cannot be a factor"]
                )
        self.factors = nn.ModuleList(factors)
        if learnable:
            self.log_scales = nn.Parameter(torch.zeros(len(factors)))
        else:
            self.register_buffer("log_scales", torch.zeros(len(factors)))

    @property
    def point_dim(self) -> int:
        """Sum over the factors."""
        return sum(self._point_dims())

    @property
    def promise(self) -> Promise:
        """What all factors promise; the weakest triangle inequality among them."""
        promises = [factor.promise for factor in self._spaces()]
        relaxations = [promise.relaxation for promise in promises]
        bounded = [constant for constant in relaxations if constant is not None]
        return Promise(
            symmetric=all(promise.symmetric for promise in promises),
            identity=all(promise.identity for promise in promises),
            relaxation=max(bounded) if len(bounded) == len(relaxations) else None,
        )

    @property
    def scales(self) -> Tensor:
        """The positive scales s_r, ``(q,)``."""
        return self.log_scales.exp()

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Root of the sum of the factors' squared distances."""
        return self._joined(
            factor.distance(x_part, y_part)
            for factor, x_part, y_part in zip(
                self._spaces(), self._parts(x), self._parts(y), strict=True
            )
        )

    def pairwise(
        self, x: Tensor, y: Tensor, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> Tensor:
        """All distances -> ``(n, m)``; half of the budget is for the factors."""
        y_parts = self._parts(y)

        def of_rows(rows: Tensor) -> Tensor:
            return self._joined(
                factor.pairwise(x_part, y_part, memory_budget=memory_budget // 2)
                for factor, x_part, y_part in zip(
                    self._spaces(), self._parts(rows), y_parts, strict=True
                )
            )

        buffers = 2 * (2 * len(self.factors) + 1)
        return by_rows(of_rows, x, len(y), buffers=buffers, memory_budget=memory_budget)

    def capability(self, protocol: type[P]) -> P | None:
        """What the product can do: its own unit, and what all of its factors can do together."""
        if protocol is Rescalable:
            return cast(P, self)
        view = VIEWS.get(protocol)
        if view and all(capability(each, protocol) is not None for each in self._spaces()):
            return cast(P, view(self))
        return None

    def rescale_(self, factor: float) -> None:
        """Multiply all scales s_r by ``factor``."""
        with torch.no_grad():
            self.log_scales.add_(math.log(factor))

    def _joined(self, distances: Iterable[Tensor]) -> Tensor:
        scaled = [scale * distance for scale, distance in zip(self.scales, distances, strict=True)]
        # Unlike the root of a sum of squares, the norm has a finite gradient at zero.
        return norm(torch.stack(scaled, dim=-1))

    def project(self, raw: Tensor) -> Tensor:
        """Project each factor's share of the raw coordinates by its own ``project``."""
        shares = torch.split(raw, [factor.dim for factor in self._spaces()], dim=-1)
        points = [
            factor.project(share) for factor, share in zip(self._spaces(), shares, strict=True)
        ]
        return torch.cat(points, dim=-1)

    def _spaces(self) -> list[Geometry]:
        return list(self.factors)  # type: ignore[arg-type]

    def _point_dims(self) -> list[int]:
        return [factor.point_dim for factor in self._spaces()]

    def _parts(self, x: Tensor) -> tuple[Tensor, ...]:
        return torch.split(x, self._point_dims(), dim=-1)


class _FactorMaps:
    """Tangent maps of a product whose factors all have them: each on its share."""

    def __init__(self, product: Product) -> None:
        self.product = product

    def expmap0(self, tangent: Tensor) -> Tensor:
        """Tangent vectors ``(..., dim)`` -> points ``(..., point_dim)``."""
        shares = torch.split(tangent, [factor.dim for factor in self.product._spaces()], dim=-1)
        return torch.cat(
            [each.expmap0(share) for each, share in zip(self._maps(), shares, strict=True)], dim=-1
        )

    def logmap0(self, x: Tensor) -> Tensor:
        """Points ``(..., point_dim)`` -> tangent vectors ``(..., dim)``."""
        parts = self.product._parts(x)
        return torch.cat(
            [each.logmap0(part) for each, part in zip(self._maps(), parts, strict=True)], dim=-1
        )

    def _maps(self) -> list[TangentMaps]:
        return [cast(TangentMaps, capability(f, TangentMaps)) for f in self.product._spaces()]


class _FactorIsometries:
    """An isometry of each factor, their numbers in a row, in the order of the factors."""

    def __init__(self, product: Product) -> None:
        self.product = product

    def isometry(self, generator: torch.Generator) -> Tensor:
        """Draw one for each factor -> ``(numbers of all,)``."""
        return torch.cat([each.flatten() for each in self._drawn(generator)])

    def act(self, isometry: Tensor, x: Tensor) -> Tensor:
        """Apply each to its share of the points ``(..., point_dim)``."""
        # Shapes of the factors' isometries are their own affair: one draw tells them.
        shapes = [each.shape for each in self._drawn(torch.Generator().manual_seed(0))]
        shares = torch.split(isometry, [shape.numel() for shape in shapes])
        moved = [
            each.act(share.view(shape), part)
            for each, share, shape, part in zip(
                self._factors(), shares, shapes, self.product._parts(x), strict=True
            )
        ]
        return torch.cat(moved, dim=-1)

    def _drawn(self, generator: torch.Generator) -> list[Tensor]:
        return [each.isometry(generator) for each in self._factors()]

    def _factors(self) -> list[Isometries]:
        return [cast(Isometries, capability(f, Isometries)) for f in self.product._spaces()]


VIEWS: Mapping[type, Callable[[Product], object]] = {
    TangentMaps: _FactorMaps,
    Isometries: _FactorIsometries,
}
"""What a product can do if all of its factors can."""
