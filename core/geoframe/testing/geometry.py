"""Conformance of a Geometry: its interface, its numerics and its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from geoframe.geometry import Geometry
from geoframe.testing._memory import LargestTensor
from geoframe.testing._modules import accelerator, elsewhere, module_checks
from geoframe.testing._points import DTYPES, FAR, NEAR, UNIT, close, cloud, pairs
from geoframe.testing._report import (
    Check,
    CheckSkipped,
    Report,
    ensure,
    maker,
    no_global_randomness,
    run_checks,
    title,
)
from geoframe.testing.capabilities import CAPABILITY_CHECKS
from geoframe.testing.gradients import GRADIENT_CHECKS
from geoframe.testing.promise import PROMISE_CHECKS

Make = Callable[[], Geometry]


def distance_broadcasts(make: Make) -> None:
    """Leading axes broadcast, single points and empty sets included."""
    geometry = make()
    x, y = cloud(geometry, 4), cloud(geometry, 3, seed=1)
    for left, right, shape in (
        (x[0], y[0], ()),
        (x[:3], y, (3,)),
        (x[0], y, (3,)),
        (x.unsqueeze(1), y, (4, 3)),
        (x.view(2, 2, -1), x.view(2, 2, -1), (2, 2)),
        (x.view(2, 2, -1), y[:, None, None], (3, 2, 2)),
        (x[:0], y[0], (0,)),
    ):
        got = tuple(geometry.distance(left, right).shape)
        ensure(
            got == shape, f"{tuple(left.shape)} and {tuple(right.shape)} give {got}, not {shape}"
        )
    rows = torch.stack([geometry.distance(x[i], y[i]) for i in range(3)])
    ensure(close(geometry.distance(x[:3], y), rows), "a batch gives other values than its items")


def project_has_point_shape(make: Make) -> None:
    """``project`` maps ``(..., dim)`` to ``(..., point_dim)``, leading axes kept."""
    geometry = make()
    for leading in ((), (5,), (2, 3), (0,)):
        got = tuple(geometry.project(torch.randn(*leading, geometry.dim)).shape)
        expected = (*leading, geometry.point_dim)
        ensure(got == expected, f"raw {(*leading, geometry.dim)} gives {got}, not {expected}")


def project_gives_valid_points(make: Make) -> None:
    """Projected points are finite, and so are the distances between them, at any scale."""
    for dtype in DTYPES:
        geometry = make().to(dtype)
        for scale in (0.0, NEAR, UNIT, FAR, 10 * FAR):
            points = cloud(geometry, 8, scale, dtype)
            ensure(points.isfinite().all(), f"points are not finite at raw scale {scale}, {dtype}")
            distances = geometry.distance(points.unsqueeze(1), points)
            ensure(
                distances.isfinite().all(),
                f"distances are not finite at raw scale {scale}, {dtype}",
            )


def dtype_is_kept(make: Make) -> None:
    """float32 stays float32 and float64 stays float64."""
    for dtype in DTYPES:
        geometry = make().to(dtype)
        raw = torch.randn(3, geometry.dim, dtype=dtype)
        points = geometry.project(raw)
        for name, result in (
            ("project", points),
            ("distance", geometry.distance(points, points)),
            ("pairwise", geometry.pairwise(points, points)),
        ):
            ensure(result.dtype == dtype, f"{name} turns {dtype} into {result.dtype}")


def device_is_kept(make: Make) -> None:
    """Results are on the device of the module and its inputs."""
    device = accelerator()
    geometry = make().to(device)
    points = geometry.project(torch.randn(3, geometry.dim, device=device))
    here, there = geometry.to("cpu"), points.cpu()
    expected = here.distance(there.unsqueeze(1), there)
    geometry = geometry.to(device)
    for result in (
        geometry.distance(points.unsqueeze(1), points),
        geometry.pairwise(points, points),
    ):
        ensure(result.device == points.device, f"result is on {result.device}, not {points.device}")
        ensure(close(result.cpu(), expected), "distances differ from those on the CPU")


def nothing_is_made_on_the_cpu(make: Make) -> None:
    """Tensors are made where the inputs are; told without a GPU, by the ``meta`` device."""
    geometry = make().to("meta")
    raw = torch.empty(3, geometry.dim, device="meta")
    points = torch.empty(3, geometry.point_dim, device="meta")
    for run in (
        lambda: geometry.project(raw),
        lambda: geometry.distance(points.unsqueeze(1), points),
        lambda: geometry.pairwise(points, points),
    ):
        elsewhere(run)


def pairwise_keeps_to_its_budget(make: Make) -> None:
    """No tensor that ``pairwise`` makes on its way is larger than its budget or its result."""
    geometry = make().double()
    if geometry.point_dim < 2:
        raise CheckSkipped("with one coordinate nothing is larger than the result")
    n, budget = 192, 32 * 1024
    points = cloud(geometry, n, dtype=torch.float64)
    with LargestTensor() as largest, torch.no_grad():  # type: ignore[no-untyped-call]
        geometry.pairwise(points, points, memory_budget=budget)
    allowed = max(budget, n * n * points.element_size())
    ensure(
        largest.bytes <= 1.1 * allowed,
        f"a tensor of {largest.bytes} bytes is made for {n} x {n} distances and a budget of "
        f"{budget}; only the result may be larger than that",
    )


def pairwise_equals_distance(make: Make) -> None:
    """``pairwise`` gives what ``distance`` gives, within the tiniest memory budget too."""
    for dtype in DTYPES:
        geometry = make().to(dtype)
        x, y = cloud(geometry, 7, dtype=dtype), cloud(geometry, 5, dtype=dtype, seed=1)
        y = torch.cat([y, x[:2]])
        direct = geometry.distance(x.unsqueeze(1), y.unsqueeze(0))
        for name, result in (
            ("pairwise", geometry.pairwise(x, y)),
            ("pairwise with a budget of 1 byte", geometry.pairwise(x, y, memory_budget=1)),
        ):
            shape = tuple(result.shape)
            ensure(shape == (7, 7), f"{name} of 7 and 7 points has shape {shape}")
            ensure(
                close(result, direct, factor=10),
                f"{name} differs from distance by {(result - direct).abs().max():.1e}, {dtype}",
            )


def pairwise_takes_empty_sets(make: Make) -> None:
    """No points give an empty matrix."""
    geometry = make()
    x = cloud(geometry, 3)
    for left, right in ((x[:0], x), (x, x[:0]), (x[:0], x[:0])):
        expected, got = (len(left), len(right)), tuple(geometry.pairwise(left, right).shape)
        ensure(got == expected, f"{len(left)} and {len(right)} points give {got}")


def inputs_are_left_alone(make: Make) -> None:
    """No method changes its arguments."""
    geometry = make()
    raw = torch.randn(4, geometry.dim)
    kept_raw = raw.clone()
    points = geometry.project(raw)
    kept = points.clone()
    geometry.distance(points, points.flip(0))
    geometry.pairwise(points, points)
    ensure(torch.equal(raw, kept_raw), "project changes its argument")
    ensure(torch.equal(points, kept), "distance or pairwise changes its arguments")


def distance_draws_no_random_numbers(make: Make) -> None:
    """Projecting and measuring leave the global generators alone."""
    geometry = make()
    raw = torch.randn(4, geometry.dim)
    with no_global_randomness("project, distance or pairwise"):
        points = geometry.project(raw)
        geometry.distance(points, points)
        geometry.pairwise(points, points)


def _output(geometry: Geometry) -> Tensor:
    x, y = pairs(geometry)
    return geometry.distance(x, y).detach()


GEOMETRY_CHECKS: tuple[Check, ...] = (
    distance_broadcasts,
    project_has_point_shape,
    project_gives_valid_points,
    dtype_is_kept,
    device_is_kept,
    nothing_is_made_on_the_cpu,
    *PROMISE_CHECKS,
    pairwise_equals_distance,
    pairwise_keeps_to_its_budget,
    pairwise_takes_empty_sets,
    inputs_are_left_alone,
    distance_draws_no_random_numbers,
    *GRADIENT_CHECKS,
    *CAPABILITY_CHECKS,
    *module_checks(_output),
)
"""Each takes what builds a geometry."""


def check_geometry(
    geometry: Geometry | Make, *, expected_failures: Mapping[str, str] | None = None
) -> Report:
    """Hold a geometry to the :class:`~geoframe.Geometry` interface and to its promises.

    Parameters
    ----------
    geometry
        A geometry or, so that construction is checked too, what builds one.
    expected_failures
        Name of a check -> reason why it is known to fail. If it passes, that is a failure.

    Raises
    ------
    TypeError
        If ``geometry`` is neither.
    ValueError
        If an expected failure names no check.

    Examples
    --------
    >>> report = check_geometry(lambda: MyGeometry(dim=3))  # doctest: +SKIP
    >>> report.ok  # doctest: +SKIP
    True
    """
    make = maker(geometry, Geometry)
    return run_checks(
        title(make, Geometry), GEOMETRY_CHECKS, make, expected_failures=expected_failures
    )
