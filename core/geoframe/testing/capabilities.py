"""Checks of what a geometry may offer besides distances: an order, tangent maps, a form."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from geoframe.geometry import BilinearForm, Geometry, PartialOrder, TangentMaps
from geoframe.testing._points import DTYPES, NEAR, UNIT, close, cloud, raw_cloud
from geoframe.testing._report import Check, CheckSkipped, ensure

Make = Callable[[], Geometry]


def order_agrees_with_its_gaps(make: Make) -> None:
    """``precedes`` is boolean and true exactly where no gap of ``order_gap`` is positive."""
    order, points = _ordered(make)
    gaps = order.order_gap(points.unsqueeze(1), points)
    precedes = _relation(order, points)
    n = len(points)
    ensure(
        gaps.ndim == 3 and gaps.shape[:2] == (n, n),
        f"order_gap of {n} and {n} points has shape {tuple(gaps.shape)}, not ({n}, {n}, t)",
    )
    ensure(precedes.dtype == torch.bool, f"precedes is {precedes.dtype}, not boolean")
    ensure(
        torch.equal(precedes, (gaps <= 0).all(-1)),
        "precedes differs from 'no gap is positive'",
    )


def order_is_reflexive(make: Make) -> None:
    """Every point precedes itself."""
    order, points = _ordered(make)
    ensure(order.precedes(points, points.clone()).all(), "a point does not precede itself")


def order_is_transitive(make: Make) -> None:
    """If x precedes y and y precedes z, x precedes z."""
    precedes = _relation(*_ordered(make))
    through = precedes.double() @ precedes.double() > 0
    broken = int((through & ~precedes).sum())
    ensure(broken == 0, f"{broken} pairs are in order through a third point but not directly")


def order_is_antisymmetric(make: Make) -> None:
    """Points that precede each other have no gap, in either direction."""
    order, points = _ordered(make)
    gaps = order.order_gap(points.unsqueeze(1), points)
    precedes = _relation(order, points)
    mutual = gaps[precedes & precedes.T]
    ensure(
        (mutual.abs() <= 1e-9).all(),
        "two points precede each other although there is a gap between them",
    )


def tangent_maps_are_inverse(make: Make) -> None:
    """``expmap0`` and ``logmap0`` undo each other near the origin, at the origin too."""
    maps = make()
    if not isinstance(maps, TangentMaps):
        raise CheckSkipped("has no expmap0 and logmap0")
    for dtype in DTYPES:
        geometry = make().to(dtype)
        assert isinstance(geometry, TangentMaps)
        for scale in (0.0, NEAR, 0.1 * UNIT):
            tangent = raw_cloud(geometry, 16, scale, dtype)
            points = geometry.expmap0(tangent)
            shape = (16, geometry.point_dim)
            ensure(points.shape == shape, f"expmap0 gives {tuple(points.shape)}, not {shape}")
            ensure(
                close(geometry.logmap0(points), tangent),
                f"logmap0(expmap0(v)) is not v at {scale=}, {dtype}",
            )
            ensure(
                close(geometry.expmap0(geometry.logmap0(points)), points),
                f"expmap0(logmap0(x)) is not x at {scale=}, {dtype}",
            )


def bilinear_form_is_symmetric_and_linear(make: Make) -> None:
    """``inner`` is a symmetric bilinear form."""
    form = make().double()
    if not isinstance(form, BilinearForm):
        raise CheckSkipped("has no inner")
    x, y, z = (cloud(form, 8, dtype=torch.float64, seed=seed) for seed in range(3))
    ensure(close(form.inner(x, y), form.inner(y, x)), "<x, y> is not <y, x>")
    ensure(
        close(form.inner(2 * x + z, y), 2 * form.inner(x, y) + form.inner(z, y)),
        "<2 x + z, y> is not 2 <x, y> + <z, y>",
    )


def _ordered(make: Make) -> tuple[PartialOrder, Tensor]:
    """Return the geometry (float64) and points of it, some of them twice."""
    geometry = make().double()
    if not isinstance(geometry, PartialOrder):
        raise CheckSkipped("has no order_gap and precedes")
    points = cloud(geometry, 40, dtype=torch.float64)
    near = cloud(geometry, 8, NEAR, torch.float64, seed=1)
    return geometry, torch.cat([points, near, points[:4]])


def _relation(order: PartialOrder, points: Tensor) -> Tensor:
    return order.precedes(points.unsqueeze(1), points)


CAPABILITY_CHECKS: tuple[Check, ...] = (
    order_agrees_with_its_gaps,
    order_is_reflexive,
    order_is_transitive,
    order_is_antisymmetric,
    tangent_maps_are_inverse,
    bilinear_form_is_symmetric_and_linear,
)
