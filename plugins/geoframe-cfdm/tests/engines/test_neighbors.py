"""The nearest-neighbour estimators and their index."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from geoframe_cfdm.engines.check import float64_mean
from geoframe_cfdm.engines.neighbors import NeighborTrajectory, draw_others
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.engines.search import ExactSearch, FaissSearch
from geoframe_cfdm.sampling.config import NeighborConfig
from geoframe_cfdm.sampling.noise import NoisePolicy, SampleNoise
from geoframe_cfdm.sampling.standardize import fit_standardizer


def points_of(data: Tensor) -> Points:
    return Points(data.flatten(1), fit_standardizer(data.flatten(1), "scale"))


def trajectory(points: Points, z: Tensor, **options: object) -> NeighborTrajectory:
    policy = NoisePolicy(sigma=0.0, perturbations=1, noise="sample")
    return NeighborTrajectory(
        points,
        ExactSearch(points),
        z,
        None,
        options=NeighborConfig(**options),  # type: ignore[arg-type]
        noise=SampleNoise(0, 0, len(z), points.dim, policy),
    )


@settings(max_examples=40, deadline=None)
@given(n=st.integers(3, 60), k=st.integers(1, 20), many=st.integers(1, 40), seed=st.integers(0, 99))
def test_random_points_are_distinct_and_no_neighbours(n: int, k: int, many: int, seed: int) -> None:
    k = min(k, n - 1)
    many = min(many, n - k)
    generator = torch.Generator().manual_seed(seed)
    near = torch.stack([torch.randperm(n, generator=generator)[:k] for _ in range(4)])
    others = draw_others(
        near, n, many, lambda count: torch.randint(n, (4, count), generator=generator)
    )
    for row in torch.cat([near, others], 1).tolist():
        assert len(set(row)) == k + many


def test_all_neighbours_give_the_exact_mean(digits: Tensor) -> None:
    points = points_of(digits[:80])
    z = torch.randn(5, 64, generator=torch.Generator().manual_seed(0))
    for estimator in ("k+l", "self-normalised"):
        found = trajectory(points, z.clone(), nearest=80, random=0, estimator=estimator)
        found.posterior(0.3)
        exact = float64_mean(points, z, None, 0.3)
        torch.testing.assert_close(found.mean().double(), exact, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("estimator", ["k+l", "self-normalised"])
def test_estimates_converge_to_the_mean(digits: Tensor, estimator: str) -> None:
    points = points_of(digits[:400])
    z = torch.randn(1, 64, generator=torch.Generator().manual_seed(0)).repeat(600, 1)
    errors = []
    for random in (5, 300):
        found = trajectory(points, z.clone(), nearest=20, random=random, estimator=estimator)
        found.posterior(0.15)
        exact = float64_mean(points, z[:1], None, 0.15)
        errors.append(float((found.mean().double() - exact).norm(dim=1).mean()))
    assert errors[1] < 0.4 * errors[0]


@pytest.mark.parametrize("kind", ["flat", "ivf"])
def test_faiss_finds_what_torch_finds(digits: Tensor, kind: str) -> None:
    pytest.importorskip("faiss")
    points = points_of(digits)
    queries = points.rows(torch.arange(50)) + 0.01
    exact = ExactSearch(points, block=500).nearest(queries, 8)
    found = FaissSearch(points, kind, probes=64).nearest(queries, 8)  # type: ignore[arg-type]
    same = [len(set(a) & set(b)) for a, b in zip(exact.tolist(), found.tolist(), strict=True)]
    assert sum(same) / (8 * 50) > (0.999 if kind == "flat" else 0.95)
    assert exact[:, 0].tolist() == list(range(50))


class _Short:
    """Finds the ``found`` nearest points and no more, as an inverted file may."""

    def __init__(self, points: Points, found: int) -> None:
        self.exact, self.found = ExactSearch(points), found

    def nearest(self, queries: Tensor, k: int) -> Tensor:
        index = self.exact.nearest(queries, k)
        index[:, self.found :] = -1
        return index


@pytest.mark.parametrize("estimator", ["k+l", "self-normalised"])
@pytest.mark.parametrize("random", [0, 70])
def test_neighbours_that_were_not_found_do_not_count(
    digits: Tensor, estimator: str, random: int
) -> None:
    points = points_of(digits[:80])
    z = torch.randn(1, 64, generator=torch.Generator().manual_seed(0)).repeat(300, 1)
    means = []
    for search, nearest in ((_Short(points, 3), 10), (ExactSearch(points), 3)):
        found = trajectory(points, z.clone(), nearest=nearest, random=random, estimator=estimator)
        found.search = search
        found.posterior(0.2)
        means.append(found.mean().mean(0))
    # With as many random points as there are others, the only difference is chance.
    torch.testing.assert_close(*means, atol=1e-5 if random == 0 else 0.05, rtol=0)
