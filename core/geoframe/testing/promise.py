"""Checks of what a geometry's distance promises."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from geoframe.geometry import Geometry, Promise
from geoframe.testing._points import (
    DTYPES,
    FAR,
    NEAR,
    TOLERANCE,
    UNIT,
    close,
    cloud,
    pairs,
    raw_cloud,
)
from geoframe.testing._report import Check, CheckSkipped, ensure

Make = Callable[[], Geometry]


def promise_is_well_formed(make: Make) -> None:
    """``promise`` is a Promise, and a relaxation constant is a number of at least 1."""
    promise = make().promise
    ensure(isinstance(promise, Promise), f"promise is {promise!r}, not a geoframe.Promise")
    constant = promise.relaxation
    ensure(
        constant is None or (math.isfinite(constant) and constant >= 1),
        f"relaxation is {constant}, no relaxed triangle inequality has a constant below 1",
    )
    ensure(
        promise.nonnegative or not (promise.identity or constant is not None),
        "identity and relaxation make no sense for distances that may be negative",
    )


def distance_is_symmetric(make: Make) -> None:
    """d(x, y) = d(y, x), if promised."""
    _only_if(make().promise.symmetric, "symmetry")
    for dtype in DTYPES:
        geometry = make().to(dtype)
        x, y = pairs(geometry, dtype)
        forth, back = geometry.distance(x, y), geometry.distance(y, x)
        worst = (forth - back).abs().max()
        ensure(close(forth, back), f"d(x, y) and d(y, x) differ by up to {worst:.1e}, {dtype}")


def distance_is_nonnegative(make: Make) -> None:
    """d(x, y) >= 0, if promised."""
    _only_if(make().promise.nonnegative, "nonnegative distances")
    for dtype in DTYPES:
        geometry = make().to(dtype)
        smallest = geometry.distance(*pairs(geometry, dtype)).min()
        ensure(smallest >= 0, f"a distance is {smallest:.1e}, {dtype}")


def distance_of_coincident_points_is_zero(make: Make) -> None:
    """d(x, x) = 0, if distances are nonnegative."""
    _only_if(make().promise.nonnegative, "nonnegative distances")
    for dtype in DTYPES:
        geometry = make().to(dtype)
        for scale in (0.0, NEAR, UNIT, FAR):
            points = cloud(geometry, 16, scale, dtype)
            largest = geometry.distance(points, points.clone()).abs().max()
            ensure(
                largest <= TOLERANCE[dtype] / 10,
                f"d(x, x) is up to {largest:.1e} at raw scale {scale}, {dtype}",
            )


def distance_of_distinct_points_is_positive(make: Make) -> None:
    """d(x, y) > 0 for different points, if promised."""
    _only_if(make().promise.identity, "identity of indiscernibles")
    for dtype in DTYPES:
        geometry = make().to(dtype)
        x, y = pairs(geometry, dtype)
        # Moving along one coordinate at a time shows a distance that overlooks one of them.
        raw = raw_cloud(geometry, 8, UNIT, dtype).unsqueeze(1)
        moved = geometry.project(raw + torch.eye(geometry.dim, dtype=dtype)).detach()
        start = geometry.project(raw).detach().expand_as(moved)
        x, y = torch.cat([x, start.flatten(0, 1)]), torch.cat([y, moved.flatten(0, 1)])
        distinct = (x != y).any(-1)
        smallest = geometry.distance(x, y)[distinct].min()
        ensure(smallest > 0, f"two different points are at distance {smallest:.1e}, {dtype}")


def triangle_inequality_holds(make: Make) -> None:
    """d(x, z) <= K (d(x, y) + d(y, z)) with the promised K."""
    _only_if(make().promise.relaxation is not None, "a triangle inequality")
    for dtype in DTYPES:
        geometry = make().to(dtype)
        constant = geometry.promise.relaxation
        assert constant is not None
        unit = cloud(geometry, 24, UNIT, dtype)
        points = torch.cat(
            [cloud(geometry, 12, NEAR, dtype), unit, unit[:4], cloud(geometry, 12, FAR, dtype)]
        )
        distances = geometry.distance(points.unsqueeze(1), points)
        detour = (distances.unsqueeze(2) + distances).amin(1)
        excess = (distances - constant * detour) / (1 + distances)
        ensure(
            excess.max() <= 10 * TOLERANCE[dtype],
            f"d(x, z) exceeds {constant:g} (d(x, y) + d(y, z)) by {excess.max():.1e}, {dtype}",
        )


def _only_if(promised: bool, what: str) -> None:
    if not promised:
        raise CheckSkipped(f"{what} is not promised")


PROMISE_CHECKS: tuple[Check, ...] = (
    promise_is_well_formed,
    distance_is_symmetric,
    distance_is_nonnegative,
    distance_of_coincident_points_is_zero,
    distance_of_distinct_points_is_positive,
    triangle_inequality_holds,
)
