"""Checks of a geometry's gradients."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from geoframe.capabilities import PartialOrder, capability
from geoframe.geometry import Geometry
from geoframe.testing._points import DTYPES, FAR, NEAR, UNIT, cloud, raw_cloud
from geoframe.testing._report import Check, ensure

Make = Callable[[], Geometry]


def gradients_are_finite_at_coincident_points(make: Make) -> None:
    """d(x, x) has finite gradients, for both points and all parameters."""
    for dtype in DTYPES:
        for scale in (0.0, NEAR, UNIT, FAR):
            geometry = make().to(dtype)
            points = cloud(geometry, 6, scale, dtype)
            _finite(geometry, points, points.clone(), f"coincident points, {scale=}, {dtype}")


def gradients_are_finite_at_far_points(make: Make) -> None:
    """Points far from the origin, and from each other, have finite gradients."""
    for dtype in DTYPES:
        for scale in (FAR, 10 * FAR):
            geometry = make().to(dtype)
            x = cloud(geometry, 6, scale, dtype)
            for other in (NEAR, scale):
                y = cloud(geometry, 6, other, dtype, seed=1)
                _finite(geometry, x, y, f"far points, {scale=}, {dtype}")


def gradients_are_finite_through_project(make: Make) -> None:
    """Raw coordinates have finite gradients at any scale, at zero and when they coincide."""
    for dtype in DTYPES:
        for scale in (0.0, NEAR, UNIT, FAR, 10 * FAR):
            geometry = make().to(dtype)
            raw = raw_cloud(geometry, 6, scale, dtype).requires_grad_()
            points = geometry.project(raw)
            total = geometry.distance(points.unsqueeze(1), points).sum()
            if (order := capability(geometry, PartialOrder)) is not None:
                total = total + order.order_gap(points.unsqueeze(1), points).sum()
            if total.requires_grad:
                torch.autograd.backward(total)
            _all_finite({"raw": raw, **dict(geometry.named_parameters())}, f"{scale=}, {dtype}")


def gradients_of_pairwise_are_those_of_distance(make: Make) -> None:
    """Training through ``pairwise`` equals training through ``distance``."""
    results = []
    for name in ("distance", "pairwise"):
        torch.manual_seed(0)
        geometry = make().double()
        x = cloud(geometry, 4, dtype=torch.float64).requires_grad_()
        y = cloud(geometry, 3, dtype=torch.float64, seed=1).requires_grad_()
        if name == "distance":
            distances = geometry.distance(x.unsqueeze(1), y)
        else:
            distances = geometry.pairwise(x, y, memory_budget=1)
        weights = torch.linspace(-1, 1, distances.numel(), dtype=torch.float64)
        torch.autograd.backward((distances.flatten() * weights).sum())
        results.append(
            {"x": x.grad, "y": y.grad}
            | {key: value.grad for key, value in geometry.named_parameters()}
        )
    for key, expected in results[0].items():
        got = results[1][key]
        ensure((got is None) == (expected is None), f"only one of them has a gradient for {key}")
        if got is not None and expected is not None:
            ensure(
                torch.allclose(got, expected, rtol=1e-6, atol=1e-8),
                f"gradients for {key} differ by {(got - expected).abs().max():.1e}",
            )


def gradients_are_right(make: Make) -> None:
    """Gradients agree with finite differences at generic points (float64)."""
    geometry = make().double()
    x = raw_cloud(geometry, 3, dtype=torch.float64).requires_grad_()
    y = raw_cloud(geometry, 3, dtype=torch.float64, seed=1).requires_grad_()
    trained = [parameter for parameter in geometry.parameters() if parameter.requires_grad]

    # gradcheck moves the parameters in place, so the function sees them without taking them.
    def distances(x: Tensor, y: Tensor, *_: Tensor) -> Tensor:
        return geometry.distance(geometry.project(x), geometry.project(y))

    torch.autograd.gradcheck(
        distances, (x, y, *trained), check_undefined_grad=False, fast_mode=True
    )


def _finite(geometry: Geometry, x: Tensor, y: Tensor, where: str) -> None:
    x, y = x.requires_grad_(), y.requires_grad_()
    total = geometry.distance(x, y).sum()
    ensure(total.requires_grad, "distance is cut off from its arguments: no gradient reaches them")
    torch.autograd.backward(total)
    _all_finite({"x": x, "y": y, **dict(geometry.named_parameters())}, where)


def _all_finite(leaves: dict[str, Tensor], where: str) -> None:
    for name, leaf in leaves.items():
        if leaf.grad is not None:
            ensure(leaf.grad.isfinite().all(), f"the gradient for {name} is not finite at {where}")


GRADIENT_CHECKS: tuple[Check, ...] = (
    gradients_are_finite_at_coincident_points,
    gradients_are_finite_at_far_points,
    gradients_are_finite_through_project,
    gradients_of_pairwise_are_those_of_distance,
    gradients_are_right,
)
