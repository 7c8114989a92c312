"""Every exact engine against the formula in float64; approximations where they must be exact."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from geoframe_cfdm.engines.base import Trajectory
from geoframe_cfdm.engines.check import float64_mean
from geoframe_cfdm.engines.dense import TabledTrajectory
from geoframe_cfdm.engines.gram import GramTrajectory, gram_matrix, symmetric_products
from geoframe_cfdm.engines.lowprecision import LowPrecision
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.engines.streamed import StreamedTrajectory
from geoframe_cfdm.sampling.grid import step_sizes
from geoframe_cfdm.sampling.standardize import fit_standardizer

TIMES = [k / 20 for k in range(20)] + [1.0]
SIGMA = 1.5


def points_of(data: Tensor, log_weights: Tensor | None = None) -> Points:
    flat = data.flatten(1)
    return Points(flat, fit_standardizer(flat, "scale"), log_weights=log_weights)


def noise(points: Points, b: int = 12, m: int = 3) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    z = torch.randn(b, points.dim, generator=generator)
    return z, SIGMA * torch.randn(b, m, points.dim, generator=generator)


def worst_error(trajectory: Trajectory, points: Points, perturbations: Tensor | None) -> float:
    """Largest relative error of a mean on the way, and check of the engine's own claim."""
    worst = 0.0
    for t, keep, pull in step_sizes(TIMES):
        found = trajectory.posterior(t)
        exact = float64_mean(points, trajectory.state(), perturbations, t)
        error = float(
            ((trajectory.mean() - exact).norm(dim=1) / exact.norm(dim=1).clamp_min(1e-3)).max()
        )
        assert error <= max(found.error, 1e-3), (t, found)
        worst = max(worst, error)
        trajectory.move(keep, pull)
    return worst


@pytest.mark.parametrize("low", [False, True])
@pytest.mark.parametrize("windows", ["never", "auto", "always"])
def test_tabled_engine_is_exact(clustered: Tensor, windows: str, low: bool) -> None:
    points = points_of(clustered)
    z, perturbations = noise(points)
    trajectory = TabledTrajectory(
        points,
        z,
        perturbations,
        tolerance=1e-3,
        windows=windows,  # type: ignore[arg-type]
        low_precision=LowPrecision(points) if low else None,
    )
    assert worst_error(trajectory, points, perturbations) < (1e-3 if low else 1e-4)


def test_windows_serve_the_late_steps(clustered: Tensor) -> None:
    points = points_of(clustered)
    z, perturbations = noise(points)
    trajectory = TabledTrajectory(points, z, perturbations, tolerance=1e-3)
    served = []
    for t, keep, pull in step_sizes(TIMES):
        served.append(dict(trajectory.posterior(t).rows))
        trajectory.move(keep, pull)
    assert served[1] == {"dense": len(z)}
    assert served[-1].get("window-kept", 0) >= len(z) // 2


def test_streamed_engine_is_exact(clustered: Tensor) -> None:
    points = points_of(clustered)
    z, perturbations = noise(points)
    trajectory = StreamedTrajectory(points, z, perturbations, block=500)
    assert worst_error(trajectory, points, perturbations) < 1e-4


def test_gram_engine_is_exact() -> None:
    data = torch.rand(60, 400, generator=torch.Generator().manual_seed(2))
    points = points_of(data)
    assert points.all is not None
    z, perturbations = noise(points)
    gram = gram_matrix(points)
    torch.testing.assert_close(gram, points.all @ points.all.T)
    again = symmetric_products(points.all, torch.mm, block=16)
    torch.testing.assert_close(again, gram, rtol=1e-6, atol=1e-6 * points.dim)
    trajectory = GramTrajectory(points, gram, z, perturbations)
    assert worst_error(trajectory, points, perturbations) < 1e-3


@pytest.mark.parametrize(("rows", "pixels"), [(300, 784), (40, 70_000)])
def test_bytes_have_an_exact_gram_matrix(rows: int, pixels: int) -> None:
    generator = torch.Generator().manual_seed(4)
    data = torch.randint(256, (rows, pixels), generator=generator, dtype=torch.uint8)
    data[0], data[1] = 0, 255
    points = points_of(data)
    exact = (data.double() - points.standardizer.mean) / points.standardizer.scale
    torch.testing.assert_close(
        gram_matrix(points).double(), exact @ exact.T, rtol=1e-6, atol=1e-6 * pixels
    )


@pytest.mark.parametrize("engine", ["tabled", "streamed", "gram"])
def test_prior_weights_count(engine: str) -> None:
    generator = torch.Generator().manual_seed(3)
    data = torch.randn(300, 20, generator=generator)
    weights = 3 * torch.randn(300, generator=generator)
    points = points_of(data, weights)
    assert points.all is not None
    z, perturbations = noise(points)
    trajectory: Trajectory
    if engine == "tabled":
        trajectory = TabledTrajectory(points, z, perturbations, tolerance=1e-4, windows="always")
    elif engine == "streamed":
        trajectory = StreamedTrajectory(points, z, perturbations, block=64)
    else:
        trajectory = GramTrajectory(points, gram_matrix(points), z, perturbations)
    assert worst_error(trajectory, points, perturbations) < 1e-3


def test_shared_perturbations_equal_their_copies(clustered: Tensor) -> None:
    points = points_of(clustered)
    z, perturbations = noise(points)
    one = perturbations[:1]
    shared = TabledTrajectory(points, z.clone(), one, tolerance=1e-3)
    copied = TabledTrajectory(
        points, z.clone(), one.expand(len(z), -1, -1).contiguous(), tolerance=1e-3
    )
    for t, keep, pull in step_sizes(TIMES):
        shared.posterior(t)
        copied.posterior(t)
        torch.testing.assert_close(shared.mean(), copied.mean(), atol=1e-3, rtol=1e-3)
        shared.move(keep, pull)
        copied.move(keep, pull)


@settings(max_examples=25, deadline=None)
@given(
    t=st.floats(0.01, 0.95),
    n=st.integers(3, 40),
    sigma=st.sampled_from([0.0, 0.3, 3.0]),
    seed=st.integers(0, 999),
)
def test_the_mean_is_in_the_hull_of_the_data(t: float, n: int, sigma: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    points = points_of(torch.randn(n, 4, generator=generator))
    assert points.all is not None
    z = torch.randn(5, 4, generator=generator)
    perturbations = sigma * torch.randn(5, 2, 4, generator=generator) if sigma else None
    trajectory = TabledTrajectory(points, z, perturbations, tolerance=1e-3, windows="always")
    found = trajectory.posterior(t, tuples=True)
    mean = trajectory.mean()
    assert (mean <= points.all.amax(0) + 1e-4).all()
    assert (mean >= points.all.amin(0) - 1e-4).all()
    assert found.tuples is not None
    assert ((found.tuples >= 0) & (found.tuples < n)).all()
    assert (found.ess >= 1 - 1e-4).all()
    assert (found.ess <= n + 1e-2).all()
    exact = float64_mean(points, trajectory.state(), perturbations, t)
    assert math.isclose(float((mean - exact).abs().max()), 0, abs_tol=1e-3)
