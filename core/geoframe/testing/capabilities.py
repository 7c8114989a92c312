"""Checks of what a geometry may offer besides distances: an order, maps, a form, isometries."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from geoframe.capabilities import (
    BilinearForm,
    ConstantCurvature,
    Isometries,
    PartialOrder,
    Rescalable,
    TangentMaps,
    capability,
)
from geoframe.geometry import Geometry
from geoframe.testing._points import DTYPES, NEAR, UNIT, close, cloud, raw_cloud
from geoframe.testing._report import Check, CheckSkipped, ensure, no_global_randomness

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
    if capability(make(), TangentMaps) is None:
        raise CheckSkipped("has no expmap0 and logmap0")
    for dtype in DTYPES:
        geometry = make().to(dtype)
        maps = capability(geometry, TangentMaps)
        assert maps is not None
        for scale in (0.0, NEAR, 0.1 * UNIT):
            tangent = raw_cloud(geometry, 16, scale, dtype)
            points = maps.expmap0(tangent)
            shape = (16, geometry.point_dim)
            ensure(points.shape == shape, f"expmap0 gives {tuple(points.shape)}, not {shape}")
            ensure(
                close(maps.logmap0(points), tangent),
                f"logmap0(expmap0(v)) is not v at {scale=}, {dtype}",
            )
            ensure(
                close(maps.expmap0(maps.logmap0(points)), points),
                f"expmap0(logmap0(x)) is not x at {scale=}, {dtype}",
            )


def bilinear_form_is_symmetric_and_linear(make: Make) -> None:
    """``inner`` is a symmetric bilinear form, and ``matrix`` is its matrix."""
    geometry = make().double()
    form = capability(geometry, BilinearForm)
    if form is None:
        raise CheckSkipped("has no inner and matrix")
    x, y, z = (cloud(geometry, 8, dtype=torch.float64, seed=seed) for seed in range(3))
    ensure(close(form.inner(x, y), form.inner(y, x)), "<x, y> is not <y, x>")
    ensure(
        close(form.inner(2 * x + z, y), 2 * form.inner(x, y) + form.inner(z, y)),
        "<2 x + z, y> is not 2 <x, y> + <z, y>",
    )
    matrix = form.matrix()
    shape = (geometry.point_dim, geometry.point_dim)
    ensure(tuple(matrix.shape) == shape, f"matrix is {tuple(matrix.shape)}, not {shape}")
    ensure(
        close(torch.einsum("...i,ij,...j->...", x, matrix, y), form.inner(x, y)),
        "x M y is not <x, y>",
    )


def isometries_keep_distances(make: Make) -> None:
    """``act`` takes points to points, and changes neither a distance nor ``inner``."""
    geometry = make().double()
    isometries = capability(geometry, Isometries)
    if isometries is None:
        raise CheckSkipped("has no isometry and act")
    points = cloud(geometry, 12, dtype=torch.float64)
    before = geometry.distance(points.unsqueeze(1), points)
    form, maps = capability(geometry, BilinearForm), capability(geometry, TangentMaps)
    for seed in range(4):
        isometry = isometries.isometry(torch.Generator().manual_seed(seed))
        moved = isometries.act(isometry, points)
        ensure(moved.shape == points.shape, f"act gives {tuple(moved.shape)} for 12 points")
        ensure(
            close(isometries.act(isometry, points.view(3, 4, -1)), moved.view(3, 4, -1)),
            "act gives other points for a batch with two leading axes",
        )
        after = geometry.distance(moved.unsqueeze(1), moved)
        ensure(
            close(after, before, factor=10),
            f"distances change by up to {(after - before).abs().max():.1e}",
        )
        ensure(
            geometry.dim == 1 or not close(moved, points), "the isometry leaves all points alone"
        )
        ensure(
            form is None
            or close(form.inner(moved[:6], moved[6:]), form.inner(points[:6], points[6:])),
            "<g x, g y> is not <x, y>",
        )
        ensure(
            maps is None or close(maps.expmap0(maps.logmap0(moved)), moved),
            "a point is moved to where the space has none",
        )


def isometries_follow_their_generator(make: Make) -> None:
    """Equal generators give equal isometries; no global random numbers are drawn."""
    geometry = make()
    isometries = capability(geometry, Isometries)
    if isometries is None:
        raise CheckSkipped("has no isometry and act")
    with no_global_randomness("isometry"):
        first, second, other = (
            isometries.isometry(torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)
        )
    ensure(torch.equal(first, second), "equal generators give different isometries")
    if geometry.dim > 1:  # of a line nothing but the identity keeps place and sense
        ensure(not torch.equal(first, other), "different generators give the same isometry")


def curvature_shows_in_small_triangles(make: Make) -> None:
    """``sectional_curvature`` is what the angle sum of a geodesic triangle at the origin says."""
    geometry = make().double()
    constant, maps = capability(geometry, ConstantCurvature), capability(geometry, TangentMaps)
    if constant is None or maps is None or geometry.dim < 2:
        raise CheckSkipped("has no constant curvature, or no tangent maps to draw triangles with")
    stated = constant.sectional_curvature().detach()
    ensure(stated.numel() == 1, f"sectional_curvature has shape {tuple(stated.shape)}")
    # In the right isosceles triangle cos_K(hypotenuse) = cos_K(leg)^2, to leading order
    # K = 3 (2 leg^2 - hypotenuse^2) / leg^4.
    corners = torch.cat([torch.zeros(1, geometry.dim), 1e-2 * torch.eye(geometry.dim)[:2]]).double()
    points = maps.expmap0(corners)
    leg, hypotenuse = geometry.distance(points[:2], points[2:].expand(2, -1)).detach()
    curvature, measured = float(stated), float(3 * (2 * leg**2 - hypotenuse**2) / leg**4)
    ensure(
        abs(measured - curvature) <= 1e-2 * (1 + abs(curvature)),
        f"sectional_curvature is {curvature:.4g}, a small triangle has {measured:.4g}",
    )


def rescaling_multiplies_distances(make: Make) -> None:
    """``rescale_`` multiplies all distances by its factor, those of the same raw coordinates."""
    geometry = make().double()
    unit = capability(geometry, Rescalable)
    if unit is None:
        raise CheckSkipped("has no rescale_")
    raw = raw_cloud(geometry, 8, UNIT, torch.float64)
    before = geometry.distance(geometry.project(raw[:4]), geometry.project(raw[4:])).detach()
    unit.rescale_(2.5)
    after = geometry.distance(geometry.project(raw[:4]), geometry.project(raw[4:])).detach()
    ensure(close(after, 2.5 * before), "distances are not multiplied by the factor")


def _ordered(make: Make) -> tuple[PartialOrder, Tensor]:
    """Return the geometry's order (float64) and points of it, some of them twice."""
    geometry = make().double()
    order = capability(geometry, PartialOrder)
    if order is None:
        raise CheckSkipped("has no order_gap and precedes")
    points = cloud(geometry, 40, dtype=torch.float64)
    near = cloud(geometry, 8, NEAR, torch.float64, seed=1)
    return order, torch.cat([points, near, points[:4]])


def _relation(order: PartialOrder, points: Tensor) -> Tensor:
    return order.precedes(points.unsqueeze(1), points)


CAPABILITY_CHECKS: tuple[Check, ...] = (
    order_agrees_with_its_gaps,
    order_is_reflexive,
    order_is_transitive,
    order_is_antisymmetric,
    tangent_maps_are_inverse,
    bilinear_form_is_symmetric_and_linear,
    isometries_keep_distances,
    isometries_follow_their_generator,
    curvature_shows_in_small_triangles,
    rescaling_multiplies_distances,
)
