"""Products of spaces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from geoframe.errors import ConfigError
from geoframe.geometry import DEFAULT_MEMORY_BUDGET, Geometry, Promise
from geoframe_spaces.blocks import by_rows
from geoframe_spaces.functions import norm


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
